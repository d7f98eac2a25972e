import { loadLanes, storeLanes } from './partial-lanes';

/** Windows over images (NHWC). Padding never wins: windows are cut at the border, where at least one element is left. */
@unmanaged
export class MaxPoolParameters {
  x: usize;
  y: usize;
  /** Gradients for y and x; 0 in the forward pass. */
  d: usize;
  dx: usize;
  /** Rows of windows in all images, and of one task. */
  rows: i32;
  share: i32;
  height: i32;
  width: i32;
  channels: i32;
  /** Windows of an image. */
  outHeight: i32;
  outWidth: i32;
  windowHeight: i32;
  windowWidth: i32;
  strideY: i32;
  strideX: i32;
  top: i32;
  left: i32;
}

/*
 * The innermost loops go over channels, one element of a window after the other: what a window knows so far is in memory,
 * its value or what is left of its gradient, and is read from the first-level cache.
 */

/** Largest element of every window. Tasks are ranges of rows of windows. */
export function maxPool(p: MaxPoolParameters, task: i32, scratch: usize): void {
  const pixel = (<usize>p.channels) << 2;
  const whole = pixel & ~15;
  const lanes = p.channels & 3;
  const line = pixel * p.width;
  const first = task * p.share;
  let y = p.y + <usize>first * pixel * p.outWidth;
  for (let row = first, end = min(first + p.share, p.rows); row < end; row++) {
    const image = p.x + <usize>(row / p.outHeight) * line * p.height;
    const top = (row % p.outHeight) * p.strideY - p.top;
    const bottom = min(top + p.windowHeight, p.height);
    for (let column = 0; column < p.outWidth; column++) {
      const left = max(column * p.strideX - p.left, 0);
      const right = min(column * p.strideX - p.left + p.windowWidth, p.width);
      memory.copy(y, image + <usize>max(top, 0) * line + <usize>left * pixel, pixel);
      for (let i = max(top, 0); i < bottom; i++) {
        for (let j = left; j < right; j++) {
          const x = image + <usize>i * line + <usize>j * pixel;
          for (let at: usize = 0; at < whole; at += 16) {
            v128.store(y + at, f32x4.pmax(v128.load(y + at), v128.load(x + at)));
          }
          if (lanes) storeLanes(y + whole, f32x4.pmax(loadLanes(y + whole, lanes), loadLanes(x + whole, lanes)), lanes);
        }
      }
      y += pixel;
    }
  }
}

/**
 * Gradient of {@link maxPool}: that of a window goes to its first largest element, which is the first that has the bits of
 * its value. Tasks are ranges of images: windows may overlap.
 */
export function maxPoolGrad(p: MaxPoolParameters, task: i32, scratch: usize): void {
  const pixel = (<usize>p.channels) << 2;
  const whole = pixel & ~15;
  const lanes = p.channels & 3;
  const line = pixel * p.width;
  const first = task * p.share;
  let from = <usize>first * pixel * p.outWidth;
  for (let row = first, end = min(first + p.share, p.rows); row < end; row++) {
    const image = <usize>(row / p.outHeight) * line * p.height;
    const inImage = row % p.outHeight;
    if (inImage == 0) memory.fill(p.dx + image, 0, line * p.height);
    const top = inImage * p.strideY - p.top;
    const bottom = min(top + p.windowHeight, p.height);
    for (let column = 0; column < p.outWidth; column++) {
      const left = max(column * p.strideX - p.left, 0);
      const right = min(column * p.strideX - p.left + p.windowWidth, p.width);
      const y = p.y + from;
      const d = p.d + from;
      // The gradient that is still to be given to an element.
      memory.copy(scratch, d, pixel);
      for (let i = max(top, 0); i < bottom; i++) {
        for (let j = left; j < right; j++) {
          const element = image + <usize>i * line + <usize>j * pixel;
          const x = p.x + element;
          const dx = p.dx + element;
          for (let at: usize = 0; at < whole; at += 16) {
            const hit = i32x4.eq(v128.load(x + at), v128.load(y + at));
            const open = v128.load(scratch + at);
            v128.store(dx + at, f32x4.add(v128.load(dx + at), v128.and(open, hit)));
            v128.store(scratch + at, v128.andnot(open, hit));
          }
          if (lanes) {
            const hit = i32x4.eq(loadLanes(x + whole, lanes), loadLanes(y + whole, lanes));
            const open = v128.load(scratch + whole);
            storeLanes(dx + whole, f32x4.add(loadLanes(dx + whole, lanes), v128.and(open, hit)), lanes);
            v128.store(scratch + whole, v128.andnot(open, hit));
          }
        }
      }
      from += pixel;
    }
  }
}
