import { transpose } from './pack';
import { FILTER, pointsOf, transform } from './winograd-transform';

/*
 * From filters [3][3][channels][outputs] to planes of transformed filters. A block holds sixteen outputs, so that whole
 * cache lines of the filter are read: [plane][2][channels][8].
 */

/** Outputs of a block. */
// @ts-ignore: decorator
@inline
export const WIDTH: i32 = 16;

/** Channels whose filters are transformed together. */
// @ts-ignore: decorator
@inline
const DEPTH: i32 = 16;

@unmanaged
export class WinogradFiltersParameters {
  filter: usize;
  /** Blocks of transformed filters. */
  to: usize;
  /** Outputs of a tile along an axis. */
  family: i32;
  /** Channels that are summed over, and those of the result. */
  channels: i32;
  outputs: i32;
  /** Whether the filter is [3][3][outputs][channels] and turned by 180 degrees, for the gradient of the input. */
  turned: i32;
  /** Bytes between planes of a block. */
  plane: i32;
}

/** Transformed filters. Tasks take a block each. */
export function winogradFilters(p: WinogradFiltersParameters, task: i32, scratch: usize): void {
  const points = pointsOf(p.family);
  const to = p.to + <usize>(task * points * points) * p.plane;
  const first = task * WIDTH;
  transformFilters(p.family, p.filter, p.channels, p.outputs, p.turned, first, 0, p.channels, to, p.plane, scratch);
}

/**
 * Transforms the filters of outputs `first` to `first` + 15 (or the last 8) and channels `from` to `until` - 1
 * (multiples of 8).
 *
 * @param plane bytes between planes.
 * @param scratch 4 * 16 * 16 * (9 + 3 n) bytes.
 */
export function transformFilters(
  family: i32,
  filter: usize,
  channels: i32,
  outputs: i32,
  turned: i32,
  first: i32,
  from: i32,
  until: i32,
  to: usize,
  plane: usize,
  scratch: usize,
): void {
  const points = pointsOf(family);
  const width = min(WIDTH, outputs - first);
  const tapBytes = (<usize>(channels * outputs)) << 2;
  const panelBytes = (<usize>(until - from)) << 5;
  const gathered = scratch,
    half = scratch + 9 * ((WIDTH * DEPTH) << 2);
  for (let c = from; c < until; c += DEPTH) {
    const depth = min(DEPTH, until - c);
    const panel = (<usize>depth) << 5;
    const size = (<usize>(depth * width)) << 2;
    // [tap][panel][channel][8]
    let target = gathered;
    for (let tap = 0; tap < 9; tap++) {
      if (turned) {
        const row = (<usize>channels) << 2;
        const source = filter + <usize>(8 - tap) * tapBytes + ((<usize>(first * channels + c)) << 2);
        for (let i: usize = 0; i < <usize>width; i += 4) {
          let q = source + i * row,
            d = target + (i >> 3) * panel + ((i & 4) << 2);
          for (let k = 0; k < depth; k += 4) {
            transpose(q, q + row, q + 2 * row, q + 3 * row, d, 32);
            q += 16;
            d += 128;
          }
        }
      } else {
        const row = (<usize>outputs) << 2;
        let q = filter + <usize>tap * tapBytes + ((<usize>(c * outputs + first)) << 2);
        for (let d = target; d < target + panel; d += 32) {
          v128.store(d, v128.load(q));
          v128.store(d, v128.load(q, 16), 16);
          if (width > 8) {
            v128.store(d + panel, v128.load(q, 32));
            v128.store(d + panel, v128.load(q, 48), 16);
          }
          q += row;
        }
      }
      target += size;
    }
    // [row of points][column of the filter][panel][channel][8]
    transform(family, FILTER, gathered, 3 * size, half, 3 * size, size, 16, 3, size, size);
    target = to + ((<usize>(c - from)) << 5);
    for (let o: usize = 0; o < size; o += panel) {
      transform(family, FILTER, half + o, size, target, plane, panel, 16, points, 3 * size, <usize>points * plane);
      target += panelBytes;
    }
  }
}
