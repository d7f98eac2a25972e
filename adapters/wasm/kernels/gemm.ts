import { madd } from './lanes';

/*
 * Products of packed panels. A is [rows / 4][k][4], B is [columns / 8][k][8]; what lies beyond the last row or column is
 * packed as zeros. One 4x8 tile of the result lives in eight registers: with two of B and one of A that is all that the
 * engines' code generators keep out of memory. The loop takes two steps of k at a time, parted by a branch that is never
 * taken: without it V8 hoists all loads above the multiply-adds and spills.
 */

/**
 * `panels` tiles of four rows below each other, eight columns wide: c (+)= a b.
 *
 * @param a panels of A, one after the other.
 * @param b one panel of B.
 * @param c first element of the result.
 * @param stride bytes between rows of c.
 */
function multiplyRows(a: usize, b: usize, c: usize, stride: usize, panels: i32, k: i32, accumulate: bool): void {
  for (let panel = 0; panel < panels; panel++) {
    const c1 = c + stride,
      c2 = c1 + stride,
      c3 = c2 + stride;
    let s00 = f32x4.splat(0),
      s01 = s00,
      s10 = s00,
      s11 = s00,
      s20 = s00,
      s21 = s00,
      s30 = s00,
      s31 = s00;
    if (accumulate) {
      s00 = v128.load(c);
      s01 = v128.load(c, 16);
      s10 = v128.load(c1);
      s11 = v128.load(c1, 16);
      s20 = v128.load(c2);
      s21 = v128.load(c2, 16);
      s30 = v128.load(c3);
      s31 = v128.load(c3, 16);
    }
    let p = b,
      rest = k;
    if (rest & 1) {
      const b0 = v128.load(p),
        b1 = v128.load(p, 16);
      const a0 = v128.load32_splat(a);
      s00 = madd(a0, b0, s00);
      s01 = madd(a0, b1, s01);
      const a1 = v128.load32_splat(a, 4);
      s10 = madd(a1, b0, s10);
      s11 = madd(a1, b1, s11);
      const a2 = v128.load32_splat(a, 8);
      s20 = madd(a2, b0, s20);
      s21 = madd(a2, b1, s21);
      const a3 = v128.load32_splat(a, 12);
      s30 = madd(a3, b0, s30);
      s31 = madd(a3, b1, s31);
      a += 16;
      p += 32;
      rest--;
    }
    if (rest > 0) {
      while (true) {
        const b0 = v128.load(p),
          b1 = v128.load(p, 16);
        const a0 = v128.load32_splat(a);
        s00 = madd(a0, b0, s00);
        s01 = madd(a0, b1, s01);
        const a1 = v128.load32_splat(a, 4);
        s10 = madd(a1, b0, s10);
        s11 = madd(a1, b1, s11);
        const a2 = v128.load32_splat(a, 8);
        s20 = madd(a2, b0, s20);
        s21 = madd(a2, b1, s21);
        const a3 = v128.load32_splat(a, 12);
        s30 = madd(a3, b0, s30);
        s31 = madd(a3, b1, s31);
        if (rest == -2000) break;
        const d0 = v128.load(p, 32),
          d1 = v128.load(p, 48);
        const e0 = v128.load32_splat(a, 16);
        s00 = madd(e0, d0, s00);
        s01 = madd(e0, d1, s01);
        const e1 = v128.load32_splat(a, 20);
        s10 = madd(e1, d0, s10);
        s11 = madd(e1, d1, s11);
        const e2 = v128.load32_splat(a, 24);
        s20 = madd(e2, d0, s20);
        s21 = madd(e2, d1, s21);
        const e3 = v128.load32_splat(a, 28);
        s30 = madd(e3, d0, s30);
        s31 = madd(e3, d1, s31);
        a += 32;
        p += 64;
        rest -= 2;
        if (rest <= 0) break;
      }
    }
    v128.store(c, s00);
    v128.store(c, s01, 16);
    v128.store(c1, s10);
    v128.store(c1, s11, 16);
    v128.store(c2, s20);
    v128.store(c2, s21, 16);
    v128.store(c3, s30);
    v128.store(c3, s31, 16);
    c = c3 + stride;
  }
}

/** Bytes of scratch memory that {@link multiplyPacked} takes for tiles that are not whole. */
// @ts-ignore: decorator
@inline
export const edgeBytes: usize = 128;

/** Tiles at the right or lower edge: through `edge` (128 bytes), from which only what exists is copied. */
function multiplyEdge(
  a: usize,
  b: usize,
  c: usize,
  stride: usize,
  rows: i32,
  columns: i32,
  k: i32,
  accumulate: bool,
  edge: usize,
): void {
  for (let row = 0; row < rows; row += 4) {
    const height = min(4, rows - row);
    multiplyRows(a + ((<usize>row * k) << 2), b, edge, 32, 1, k, false);
    for (let i = 0; i < height; i++) {
      const from = edge + ((<usize>i) << 5);
      const to = c + <usize>(row + i) * stride;
      for (let j = 0; j < columns; j++) {
        const at = (<usize>j) << 2;
        store<f32>(to + at, accumulate ? load<f32>(to + at) + load<f32>(from + at) : load<f32>(from + at));
      }
    }
  }
}

/**
 * c (+)= A B from packed panels: A [ceil(rows / 4)][k][4], B [ceil(columns / 8)][k][8].
 *
 * Panels of A should stay in the second-level cache while the columns go by: at most some 256 KiB.
 *
 * @param stride bytes between rows of c.
 * @param edge {@link edgeBytes} of scratch for tiles that are not whole.
 */
export function multiplyPacked(
  a: usize,
  b: usize,
  c: usize,
  stride: usize,
  rows: i32,
  columns: i32,
  k: i32,
  accumulate: bool,
  edge: usize,
): void {
  const whole = rows & ~3;
  for (let column = 0; column < columns; column += 8) {
    const panel = b + ((<usize>column * k) << 2);
    const to = c + ((<usize>column) << 2);
    const width = min(8, columns - column);
    if (width == 8) {
      multiplyRows(a, panel, to, stride, whole >> 2, k, accumulate);
      if (whole < rows)
        multiplyEdge(
          a + ((<usize>whole * k) << 2),
          panel,
          to + <usize>whole * stride,
          stride,
          rows - whole,
          8,
          k,
          accumulate,
          edge,
        );
    } else multiplyEdge(a, panel, to, stride, rows, width, k, accumulate, edge);
  }
}
