import { madd } from './lanes';

/*
 * Convolutions in which every channel has a filter of its own: vectors are channels, nothing is packed. The gradient for the
 * input is the same sum with the roles of strides and taps turned, so one kernel computes both.
 */

@unmanaged
export class DepthwiseParameters {
  x: usize;
  /** [height][width][channels] */
  filter: usize;
  y: usize;
  channels: i32;
  height: i32;
  width: i32;
  filterHeight: i32;
  filterWidth: i32;
  outHeight: i32;
  outWidth: i32;
  /** Element i of y and tap k meet element (i multiply + k step + offset) / divide of x where that is whole and inside. */
  step: i32;
  multiplyHeight: i32;
  multiplyWidth: i32;
  offsetHeight: i32;
  offsetWidth: i32;
  divideHeight: i32;
  divideWidth: i32;
  /** Rows of y in all images, and of one task. */
  rows: i32;
  share: i32;
}

/** Rows of y. The scratch memory takes 8 bytes for every tap. */
export function depthwise(p: DepthwiseParameters, task: i32, scratch: usize): void {
  const channelBytes = (<usize>p.channels) << 2;
  const first = task * p.share;
  const end = min(p.rows, first + p.share);
  for (let line = first; line < end; line++) {
    const image = line / p.outHeight;
    const row = line - image * p.outHeight;
    let y = p.y + <usize>(line * p.outWidth) * channelBytes;
    for (let column = 0; column < p.outWidth; column++) {
      let taps = scratch;
      for (let i = 0; i < p.filterHeight; i++) {
        const xRow = source(row * p.multiplyHeight + i * p.step + p.offsetHeight, p.divideHeight, p.height);
        if (xRow < 0) continue;
        for (let j = 0; j < p.filterWidth; j++) {
          const xColumn = source(column * p.multiplyWidth + j * p.step + p.offsetWidth, p.divideWidth, p.width);
          if (xColumn < 0) continue;
          store<usize>(taps, p.x + <usize>((image * p.height + xRow) * p.width + xColumn) * channelBytes);
          store<usize>(taps, p.filter + <usize>(i * p.filterWidth + j) * channelBytes, 4);
          taps += 8;
        }
      }
      sumTaps(scratch, taps, y, channelBytes);
      y += channelBytes;
    }
  }
}

/** The element of x that `numerator / divide` is; -1 where there is none. */
// @ts-ignore: decorator
@inline
function source(numerator: i32, divide: i32, length: i32): i32 {
  const at = numerator / divide;
  return numerator >= 0 && at * divide == numerator && at < length ? at : -1;
}

/** Every channel of one pixel: the sum over pairs of addresses of an element and a filter. */
function sumTaps(first: usize, end: usize, y: usize, channelBytes: usize): void {
  let at: usize = 0;
  for (; at + 64 <= channelBytes; at += 64) {
    let s0 = f32x4.splat(0),
      s1 = s0,
      s2 = s0,
      s3 = s0;
    for (let tap = first; tap < end; tap += 8) {
      const x = load<usize>(tap) + at;
      const filter = load<usize>(tap, 4) + at;
      s0 = madd(v128.load(x), v128.load(filter), s0);
      s1 = madd(v128.load(x, 16), v128.load(filter, 16), s1);
      s2 = madd(v128.load(x, 32), v128.load(filter, 32), s2);
      s3 = madd(v128.load(x, 48), v128.load(filter, 48), s3);
    }
    v128.store(y + at, s0);
    v128.store(y + at, s1, 16);
    v128.store(y + at, s2, 32);
    v128.store(y + at, s3, 48);
  }
  for (; at + 16 <= channelBytes; at += 16) {
    let sum = f32x4.splat(0);
    for (let tap = first; tap < end; tap += 8) {
      sum = madd(v128.load(load<usize>(tap) + at), v128.load(load<usize>(tap, 4) + at), sum);
    }
    v128.store(y + at, sum);
  }
  for (; at < channelBytes; at += 4) {
    let sum: f32 = 0;
    for (let tap = first; tap < end; tap += 8) {
      sum += load<f32>(load<usize>(tap) + at) * load<f32>(load<usize>(tap, 4) + at);
    }
    store<f32>(y + at, sum);
  }
}

@unmanaged
export class DepthwiseFilterGradientParameters {
  x: usize;
  upstream: usize;
  /** One filter for every task: [height][width][channels]. */
  parts: usize;
  channels: i32;
  height: i32;
  width: i32;
  filterHeight: i32;
  filterWidth: i32;
  outHeight: i32;
  outWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  top: i32;
  left: i32;
  /** Rows of the upstream gradient in all images, and of one task. */
  rows: i32;
  share: i32;
}

/** The part that some rows of the upstream gradient have in the gradient for the filter. */
export function depthwiseFilterGradient(p: DepthwiseFilterGradientParameters, task: i32, scratch: usize): void {
  const channelBytes = (<usize>p.channels) << 2;
  const size = <usize>(p.filterHeight * p.filterWidth) * channelBytes;
  const part = p.parts + <usize>task * size;
  const first = task * p.share;
  const end = min(p.rows, first + p.share);
  memory.fill(part, 0, size);
  for (let line = first; line < end; line++) {
    const image = line / p.outHeight;
    const begin = (line - image * p.outHeight) * p.strideHeight - p.top;
    const upstream = p.upstream + <usize>(line * p.outWidth) * channelBytes;
    for (let i = max(0, -begin); i < min(p.filterHeight, p.height - begin); i++) {
      const x = p.x + <usize>((image * p.height + begin + i) * p.width) * channelBytes;
      for (let j = 0; j < p.filterWidth; j++) {
        // Columns whose window has this tap inside of the image.
        const shift = j - p.left;
        const from = shift < 0 ? (p.strideWidth - 1 - shift) / p.strideWidth : 0;
        const last = p.width - 1 - shift;
        const count = last < 0 ? 0 : min(p.outWidth, last / p.strideWidth + 1) - from;
        if (count <= 0) continue;
        addProducts(
          x + <usize>(from * p.strideWidth + shift) * channelBytes,
          <usize>p.strideWidth * channelBytes,
          upstream + <usize>from * channelBytes,
          count,
          part + <usize>(i * p.filterWidth + j) * channelBytes,
          channelBytes,
        );
      }
    }
  }
}

/** Adds products of pixels of two rows to every channel; those of x are `step` bytes apart. */
function addProducts(x: usize, step: usize, upstream: usize, count: i32, sum: usize, channelBytes: usize): void {
  let at: usize = 0;
  for (; at + 64 <= channelBytes; at += 64) {
    let a = x + at;
    let b = upstream + at;
    let s0 = v128.load(sum + at),
      s1 = v128.load(sum + at, 16),
      s2 = v128.load(sum + at, 32),
      s3 = v128.load(sum + at, 48);
    for (let i = 0; i < count; i++) {
      s0 = madd(v128.load(a), v128.load(b), s0);
      s1 = madd(v128.load(a, 16), v128.load(b, 16), s1);
      s2 = madd(v128.load(a, 32), v128.load(b, 32), s2);
      s3 = madd(v128.load(a, 48), v128.load(b, 48), s3);
      a += step;
      b += channelBytes;
    }
    v128.store(sum + at, s0);
    v128.store(sum + at, s1, 16);
    v128.store(sum + at, s2, 32);
    v128.store(sum + at, s3, 48);
  }
  for (; at + 16 <= channelBytes; at += 16) {
    let a = x + at;
    let b = upstream + at;
    let s = v128.load(sum + at);
    for (let i = 0; i < count; i++) {
      s = madd(v128.load(a), v128.load(b), s);
      a += step;
      b += channelBytes;
    }
    v128.store(sum + at, s);
  }
  for (; at < channelBytes; at += 4) {
    let a = x + at;
    let b = upstream + at;
    let s = load<f32>(sum + at);
    for (let i = 0; i < count; i++) {
      s += load<f32>(a) * load<f32>(b);
      a += step;
      b += channelBytes;
    }
    store<f32>(sum + at, s);
  }
}
