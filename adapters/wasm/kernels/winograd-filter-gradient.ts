import { correlateTiles } from './winograd-product';
import { scatterTiles, Tiling } from './winograd-tiles';
import { pointsOf, transform, WEIGHTS } from './winograd-transform';

/*
 * Gradient of the filter of a convolution 3x3 of stride 1: in every plane transformed images times transformed
 * gradients, summed over tiles, and the transform of these sums back.
 *   tiles     [plane][channels / 4][tiles][4]
 *   gradients [plane][outputs / 16][tiles][16]
 *   sums      [plane][channels][outputs]
 */

@unmanaged
export class WinogradFilterGradientParameters {
  /** Images, or 0 where `tiles` holds them transformed. */
  image: usize;
  tiles: usize;
  /** Class Tiling. */
  tiling: usize;
  /** Gradients, or 0 where `gradients` holds them transformed. */
  upstream: usize;
  gradients: usize;
  /** Class Tiling. */
  upstreamTiling: usize;
  /** Gradient of the filter, or its parts one after the other. */
  to: usize;
  count: i32;
  /** With images: tiles of a task, and tiles that are transformed together. */
  share: i32;
  block: i32;
  /** Otherwise: channels and outputs of a task, multiples of 16. */
  channelShare: i32;
  outputShare: i32;
  /** Where things lie in scratch memory. */
  sumsAt: i32;
  tilesAt: i32;
  gradientsAt: i32;
}

/**
 * Gradient of the filter. Tasks take `share` tiles each and give a part of it, or some channels and outputs and all
 * tiles.
 */
export function winogradFilterGradient(p: WinogradFilterGradientParameters, task: i32, scratch: usize): void {
  const g = changetype<Tiling>(p.tiling),
    h = changetype<Tiling>(p.upstreamTiling);
  const channels = g.channels,
    outputs = h.channels;
  if (p.image) {
    const first = task * p.share,
      last = min(first + p.share, p.count);
    const v = scratch + p.tilesAt,
      d = scratch + p.gradientsAt;
    for (let t = first; t < last; t += p.block) {
      const until = min(t + p.block, last);
      scatterTiles(g, p.image, t, until, 0, channels, v, 0, scratch);
      scatterTiles(h, p.upstream, t, until, 0, outputs, d, 0, scratch);
      correlatePlanes(p, v, d, until - t, channels, outputs, t > first, scratch);
    }
    foldFilters(p, channels, outputs, p.to + <usize>task * ((<usize>(9 * channels * outputs)) << 2), scratch);
  } else {
    const across = (outputs + p.outputShare - 1) / p.outputShare;
    const row = task / across;
    const c = row * p.channelShare,
      o = (task - row * across) * p.outputShare;
    const rows = min(p.channelShare, channels - c),
      columns = min(p.outputShare, outputs - o);
    const v = p.tiles + ((<usize>(c * p.count)) << 2),
      d = p.gradients + ((<usize>(o * p.count)) << 2);
    correlatePlanes(p, v, d, p.count, rows, columns, false, scratch);
    foldFilters(p, rows, columns, p.to + ((<usize>(c * outputs + o)) << 2), scratch);
  }
}

/** Bytes of a plane of sums; some more, so that planes do not meet in the same set of the cache. */
// @ts-ignore: decorator
@inline
function sumPlane(rows: i32, columns: i32): usize {
  return ((<usize>(rows * columns)) << 2) + 64;
}

/** Tiles that are summed over at a time: both operands stay in the first-level cache. */
// @ts-ignore: decorator
@inline
const TERMS: i32 = 128;

/** Sums over `count` tiles in every plane, for `rows` channels and `columns` outputs. */
function correlatePlanes(
  p: WinogradFilterGradientParameters,
  v: usize,
  d: usize,
  count: i32,
  rows: i32,
  columns: i32,
  accumulate: bool,
  scratch: usize,
): void {
  const g = changetype<Tiling>(p.tiling),
    h = changetype<Tiling>(p.upstreamTiling);
  const points = pointsOf(g.family);
  const panel = (<usize>count) << 4;
  const line = (<usize>columns) << 2;
  let sums = scratch + p.sumsAt;
  for (let rest = points * points; rest > 0; rest--) {
    for (let t: usize = 0; t < <usize>count; t += TERMS) {
      const k = min(TERMS, count - <i32>t);
      const more = accumulate || t > 0;
      let b = d + (t << 6);
      for (let o: usize = 0; o < line; o += 64) {
        correlateTiles(v + (t << 4), panel, b, sums + o, line, rows, k, more);
        if (o + 32 < line) correlateTiles(v + (t << 4), panel, b + 32, sums + o + 32, line, rows, k, more);
        b += panel << 2;
      }
    }
    v += g.plane;
    d += h.plane;
    sums += sumPlane(rows, columns);
  }
}

/** Transforms sums back into `rows` x `columns` filters [3][3][channels][outputs] at `to`. */
function foldFilters(p: WinogradFilterGradientParameters, rows: i32, columns: i32, to: usize, scratch: usize): void {
  const g = changetype<Tiling>(p.tiling),
    h = changetype<Tiling>(p.upstreamTiling);
  const family = g.family,
    points = pointsOf(family);
  const plane = sumPlane(rows, columns);
  const line = (<usize>columns) << 2,
    outputBytes = (<usize>h.channels) << 2,
    tap = <usize>g.channels * outputBytes;
  // [row of the filter][column of points][columns]
  const halfRow = <usize>points * line;
  let sums = scratch + p.sumsAt;
  for (; rows > 0; rows--) {
    transform(family, WEIGHTS, sums, <usize>points * plane, scratch, halfRow, line, 16, points, plane, line);
    transform(family, WEIGHTS, scratch, line, to, tap, line, 16, 3, halfRow, 3 * tap);
    sums += line;
    to += outputBytes;
  }
}
