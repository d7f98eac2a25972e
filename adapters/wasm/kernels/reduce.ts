import { laneSum } from './lanes';
import { copyFloats } from './move';

/*
 * Sums and maxima over the middle axis of [outer, reduced, inner]. Sums go up in levels of 64 summands, so that the
 * error of long ones stays that of short ones; the order depends on the shape alone. Where the middle axis is cut
 * into parts, the result is [outer, parts, inner], and the same kernel reduces the parts.
 */

@unmanaged
export class ReduceParameters {
  x: usize;
  y: usize;
  outer: i32;
  reduced: i32;
  inner: i32;
  /** Parts of the middle axis, and elements of it in a part. */
  parts: i32;
  length: i32;
  /** What a task takes of the outer and of the inner axis, beside one part. */
  rows: i32;
  columns: i32;
}

/** Sum over the middle axis. */
export function reduceSum(p: ReduceParameters, task: i32, scratch: usize): void {
  reduce(p, task, scratch, false);
}

/** Maximum over the middle axis; NaN where one element is. */
export function reduceMaximum(p: ReduceParameters, task: i32, scratch: usize): void {
  reduce(p, task, scratch, true);
}

/** Task: an outer range, a part, an inner range; the inner range counts fastest. */
function reduce(p: ReduceParameters, task: i32, scratch: usize, maximum: bool): void {
  const inner = p.inner;
  const ranges = (inner + p.columns - 1) / p.columns;
  const column = (task % ranges) * p.columns;
  const piece = task / ranges;
  const part = piece % p.parts;
  const first = (piece / p.parts) * p.rows;
  const last = min(first + p.rows, p.outer);
  const columns = min(p.columns, inner - column);
  const start = part * p.length;
  const length = min(p.length, p.reduced - start);
  for (let row = first; row < last; row++) {
    const x = p.x + (<usize>((row * p.reduced + start) * inner + column) << 2);
    const y = p.y + (<usize>((row * p.parts + part) * inner + column) << 2);
    if (inner == 1) store<f32>(y, maximum ? maximumOfRun(x, length) : sumOfRun(x, length));
    else if (maximum) maximumOfColumns(x, y, length, inner, columns);
    else sumOfColumns(x, y, length, inner, columns, scratch);
  }
}

/** Summands of a level. */
const levelRows: i32 = 64;
/** Narrow rows are read several at a time, as one of at least so many columns. */
const wideColumns: i32 = 64;

/** Sum of a run of floats: 16 running sums, added up after 64 summands each. */
function sumOfRun(x: usize, count: i32): f32 {
  const zero = f32x4.splat(0);
  let upper = zero,
    middle = zero,
    blocks = 0;
  while (count >= 16) {
    let a = zero,
      b = zero,
      c = zero,
      d = zero;
    const end = x + (<usize>min(count & ~15, 16 * levelRows) << 2);
    count -= <i32>(end - x) >> 2;
    for (; x < end; x += 64) {
      a = f32x4.add(a, v128.load(x));
      b = f32x4.add(b, v128.load(x, 16));
      c = f32x4.add(c, v128.load(x, 32));
      d = f32x4.add(d, v128.load(x, 48));
    }
    middle = f32x4.add(middle, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
    if (++blocks == levelRows) {
      upper = f32x4.add(upper, middle);
      middle = zero;
      blocks = 0;
    }
  }
  let rest: f32 = 0;
  for (; count > 0; count--, x += 4) rest += load<f32>(x);
  return laneSum(f32x4.add(upper, middle)) + rest;
}

/** Sums of columns of `rows` rows that lie `stride` floats apart. */
function sumOfColumns(x: usize, y: usize, rows: i32, stride: i32, columns: i32, scratch: usize): void {
  // Rows without gaps can be read as fewer and wider ones, a multiple of four columns.
  let group = 1;
  if (columns == stride && columns < wideColumns) {
    group = (wideColumns / columns + 3) & ~3;
    if (rows < 4 * group) group = 1;
  }
  const wide = group * columns;
  const wideRows = rows / group;
  const pitch = <usize>(group * stride) << 2;
  const level = ((<usize>wide << 2) + 127) & ~63;
  const lower = scratch,
    middle = lower + level,
    upper = middle + level;

  let total = lower,
    blocks = 0,
    sums = 0;
  for (let row = 0; row < wideRows; row += levelRows) {
    const count = min(levelRows, wideRows - row);
    addRows(lower, x, pitch, count, wide);
    x += <usize>count * pitch;
    if (wideRows <= levelRows) break;
    add(middle, lower, wide, blocks == 0);
    total = middle;
    if (++blocks == levelRows) {
      add(upper, middle, wide, sums++ == 0);
      total = upper;
      blocks = 0;
    }
  }
  if (sums > 0 && blocks > 0) {
    add(upper, middle, wide, false);
    total = upper;
  }

  // Groups of a wide row onto the first one, then the rows that made no wide one.
  for (let i = 1; i < group; i++) add(total, total + (<usize>(i * columns) << 2), columns, false);
  for (let row = wideRows * group; row < rows; row++) {
    add(total, x, columns, false);
    x += <usize>columns << 2;
  }
  copyFloats(y, total, columns);
}

/** to = sum of rows of x, four at a time. */
function addRows(to: usize, x: usize, pitch: usize, rows: i32, columns: i32): void {
  const end = <usize>columns << 2;
  const vectors = end & ~15;
  let row = rows & 3;
  if (row == 0 && rows > 0) row = 4;
  for (let i = 0; i < row; i++, x += pitch) add(to, x, columns, i == 0);
  for (; row < rows; row += 4) {
    const x1 = x + pitch,
      x2 = x1 + pitch,
      x3 = x2 + pitch;
    let i: usize = 0;
    for (; i < vectors; i += 16) {
      const pair = f32x4.add(v128.load(x + i), v128.load(x1 + i));
      v128.store(
        to + i,
        f32x4.add(v128.load(to + i), f32x4.add(pair, f32x4.add(v128.load(x2 + i), v128.load(x3 + i)))),
      );
    }
    for (; i < end; i += 4) {
      const pair = load<f32>(x + i) + load<f32>(x1 + i);
      store<f32>(to + i, load<f32>(to + i) + (pair + (load<f32>(x2 + i) + load<f32>(x3 + i))));
    }
    x = x3 + pitch;
  }
}

/** to += from; to = from for the first summand. */
function add(to: usize, from: usize, columns: i32, first: bool): void {
  if (first) {
    copyFloats(to, from, columns);
    return;
  }
  const end = <usize>columns << 2;
  let i: usize = 0;
  for (; i + 16 <= end; i += 16) v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)));
  for (; i < end; i += 4) store<f32>(to + i, load<f32>(to + i) + load<f32>(from + i));
}

/* Maxima of four vectors at a time: one alone would wait for the maximum before it, which is slow where NaN counts. */

function maximumOfRun(x: usize, count: i32): f32 {
  let result = load<f32>(x);
  if (count >= 16) {
    let a = v128.load(x),
      b = v128.load(x, 16),
      c = v128.load(x, 32),
      d = v128.load(x, 48);
    for (; count >= 16; count -= 16, x += 64) {
      a = f32x4.max(a, v128.load(x));
      b = f32x4.max(b, v128.load(x, 16));
      c = f32x4.max(c, v128.load(x, 32));
      d = f32x4.max(d, v128.load(x, 48));
    }
    a = f32x4.max(f32x4.max(a, b), f32x4.max(c, d));
    a = f32x4.max(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1));
    result = max(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1));
  }
  for (; count > 0; count--, x += 4) result = max(result, load<f32>(x));
  return result;
}

function maximumOfColumns(x: usize, y: usize, rows: i32, stride: i32, columns: i32): void {
  const pitch = <usize>stride << 2;
  const end = x + <usize>rows * pitch;
  for (; columns >= 16; columns -= 16, x += 64, y += 64) {
    let a = v128.load(x),
      b = v128.load(x, 16),
      c = v128.load(x, 32),
      d = v128.load(x, 48);
    for (let row = x; row < end; row += pitch) {
      a = f32x4.max(a, v128.load(row));
      b = f32x4.max(b, v128.load(row, 16));
      c = f32x4.max(c, v128.load(row, 32));
      d = f32x4.max(d, v128.load(row, 48));
    }
    v128.store(y, a);
    v128.store(y, b, 16);
    v128.store(y, c, 32);
    v128.store(y, d, 48);
  }
  for (; columns > 0; columns--, x += 4, y += 4) {
    let largest = load<f32>(x);
    for (let row = x; row < end; row += pitch) largest = max(largest, load<f32>(row));
    store<f32>(y, largest);
  }
}
