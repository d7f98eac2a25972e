import { copyFloats } from './move';

@unmanaged
export class PadRowsParameters {
  x: usize;
  y: usize;
  /** Bytes of the result: before x, of x, in all, and of a task. */
  before: usize;
  bytes: usize;
  total: usize;
  share: usize;
}

/** x with zeros before and behind it. */
export function padRows(p: PadRowsParameters, task: i32, scratch: usize): void {
  const start = <usize>task * p.share;
  const end = min(start + p.share, p.total);
  const from = min(max(p.before, start), end);
  const to = max(min(p.before + p.bytes, end), from);
  memory.fill(p.y + start, 0, from - start);
  // Not without length: its addresses would be checked.
  if (from < to) memory.copy(p.y + from, p.x + (from - p.before), to - from);
  memory.fill(p.y + to, 0, end - to);
}

@unmanaged
export class RowsParameters {
  x: usize;
  /** Numbers of rows, i32. */
  index: usize;
  y: usize;
  /** Length of the index, floats of a row. */
  count: i32;
  inner: i32;
  /** Rows of the result; only `scatterRows` needs to know. */
  rows: i32;
  /** What a task takes: of the index for `takeRows`, of every row for `scatterRows`. */
  share: i32;
}

/** Row index[i] of x as row i. The index was checked. */
export function takeRows(p: RowsParameters, task: i32, scratch: usize): void {
  const start = task * p.share;
  const end = min(start + p.share, p.count);
  const bytes = <usize>p.inner << 2;
  for (let i = start; i < end; i++) {
    copyFloats(p.y + <usize>i * bytes, p.x + <usize>load<i32>(p.index + (<usize>i << 2)) * bytes, p.inner);
  }
}

/**
 * Row index[i] is the sum of the rows i of x that name it, in their order; 0 where there is none. The index was
 * checked.
 */
export function scatterRows(p: RowsParameters, task: i32, scratch: usize): void {
  const column = task * p.share;
  const width = min(p.share, p.inner - column);
  const bytes = <usize>p.inner << 2;
  const x = p.x + (<usize>column << 2);
  const y = p.y + (<usize>column << 2);
  for (let row = 0; row < p.rows; row++) memory.fill(y + <usize>row * bytes, 0, <usize>width << 2);
  for (let i = 0; i < p.count; i++) {
    const from = x + <usize>i * bytes;
    const to = y + <usize>load<i32>(p.index + (<usize>i << 2)) * bytes;
    let k = 0;
    for (; k + 4 <= width; k += 4) {
      const at = <usize>k << 2;
      v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
    }
    for (; k < width; k++) {
      const at = <usize>k << 2;
      store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at));
    }
  }
}

@unmanaged
export class TransposeParameters {
  x: usize;
  y: usize;
  /** Axes of the outer loop: their sizes, strides in x, strides in y, in elements; `outerRank` of each. */
  axes: usize;
  outerRank: i32;
  /** Matrices that the outer loop counts, as many as the product of its sizes. */
  outer: i32;
  /** One matrix: its columns are neighbours in x, its rows in y. */
  rows: i32;
  columns: i32;
  /** Elements from row to row in x, from column to column in y. */
  rowStride: i32;
  columnStride: i32;
  /** A task takes so many columns, a multiple of 16, of so many matrices. */
  share: i32;
  matrices: i32;
}

/**
 * Axes in another order: transposed matrices, at any distance from each other. With one row it copies runs of
 * floats.
 */
export function transpose(p: TransposeParameters, task: i32, scratch: usize): void {
  const ranges = (p.columns + p.share - 1) / p.share;
  const column = (task % ranges) * p.share;
  const columns = min(p.share, p.columns - column);
  const first = (task / ranges) * p.matrices;
  const last = min(first + p.matrices, p.outer);
  const rank = <usize>p.outerRank << 2;
  for (let matrix = first; matrix < last; matrix++) {
    let rest = matrix,
      x = column,
      y = column * p.columnStride;
    for (let axis = p.axes + rank - 4; axis >= p.axes; axis -= 4) {
      const size = load<i32>(axis);
      const outer = rest / size;
      const at = rest - outer * size;
      rest = outer;
      x += at * load<i32>(axis + rank);
      y += at * load<i32>(axis + 2 * rank);
    }
    const from = p.x + (<usize>x << 2);
    const to = p.y + (<usize>y << 2);
    if (p.rows == 1) copyFloats(to, from, columns);
    else transposeMatrix(to, from, p.rows, columns, <usize>p.columnStride << 2, <usize>p.rowStride << 2);
  }
}

/** Blocks of 4x4, down 16 columns at a time: each line of the cache is read once. */
function transposeMatrix(y: usize, x: usize, rows: i32, columns: i32, yStride: usize, xStride: usize): void {
  for (let strip = 0; strip < columns; strip += 16) {
    const stripEnd = min(strip + 16, columns);
    let row = 0;
    for (; row + 4 <= rows; row += 4) {
      const from = x + <usize>row * xStride;
      const to = y + (<usize>row << 2);
      let column = strip;
      for (; column + 4 <= stripEnd; column += 4) {
        const at = from + (<usize>column << 2);
        const a = v128.load(at),
          b = v128.load(at + xStride),
          c = v128.load(at + 2 * xStride),
          d = v128.load(at + 3 * xStride);
        const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5),
          cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5),
          abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7),
          cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
        const target = to + <usize>column * yStride;
        v128.store(target, v128.shuffle<f64>(ab, cd, 0, 2));
        v128.store(target + yStride, v128.shuffle<f64>(ab, cd, 1, 3));
        v128.store(target + 2 * yStride, v128.shuffle<f64>(abHigh, cdHigh, 0, 2));
        v128.store(target + 3 * yStride, v128.shuffle<f64>(abHigh, cdHigh, 1, 3));
      }
      for (; column < stripEnd; column++) {
        transposeColumn(to + <usize>column * yStride, from + (<usize>column << 2), 4, xStride);
      }
    }
    for (let column = strip; column < stripEnd; column++) {
      const from = x + <usize>row * xStride + (<usize>column << 2);
      transposeColumn(y + (<usize>row << 2) + <usize>column * yStride, from, rows - row, xStride);
    }
  }
}

/** A piece of one column of x. */
function transposeColumn(y: usize, x: usize, rows: i32, xStride: usize): void {
  for (; rows > 0; rows--, y += 4, x += xStride) store<f32>(y, load<f32>(x));
}
