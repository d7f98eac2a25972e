import { madd } from './lanes';

/*
 * The products of Winograd's convolutions: 4x8 tiles of the result in registers, as in gemm.ts. Branches that are never
 * taken keep V8 from hoisting all loads above the multiply-adds; they differ, since it drops all but the first of equal
 * ones.
 */

/**
 * c (+)= A B, eight columns wide: transformed tiles times transformed filters.
 *
 * @param a [panels][k / 16][4 rows][16]; the last group of k may be half filled.
 * @param panelBytes bytes between panels of a.
 * @param b [k][8]
 * @param stride bytes between rows of c.
 * @param k a multiple of 8.
 */
export function multiplyTiles(
  a: usize,
  panelBytes: usize,
  b: usize,
  c: usize,
  stride: usize,
  panels: i32,
  k: i32,
  accumulate: bool,
): void {
  let next = a;
  for (; panels > 0; panels--) {
    a = next;
    next += panelBytes;
    let s00 = f32x4.splat(0),
      s01 = s00,
      s10 = s00,
      s11 = s00,
      s20 = s00,
      s21 = s00,
      s30 = s00,
      s31 = s00;
    let p = b,
      rest = k;
    while (true) {
      const b00 = v128.load(p),
        b01 = v128.load(p, 16);
      const a00 = v128.load32_splat(a);
      s00 = madd(a00, b00, s00);
      s01 = madd(a00, b01, s01);
      const a01 = v128.load32_splat(a, 64);
      s10 = madd(a01, b00, s10);
      s11 = madd(a01, b01, s11);
      const a02 = v128.load32_splat(a, 128);
      s20 = madd(a02, b00, s20);
      s21 = madd(a02, b01, s21);
      const a03 = v128.load32_splat(a, 192);
      s30 = madd(a03, b00, s30);
      s31 = madd(a03, b01, s31);
      if (rest == -2001) break;
      const b10 = v128.load(p, 32),
        b11 = v128.load(p, 48);
      const a10 = v128.load32_splat(a, 4);
      s00 = madd(a10, b10, s00);
      s01 = madd(a10, b11, s01);
      const a11 = v128.load32_splat(a, 68);
      s10 = madd(a11, b10, s10);
      s11 = madd(a11, b11, s11);
      const a12 = v128.load32_splat(a, 132);
      s20 = madd(a12, b10, s20);
      s21 = madd(a12, b11, s21);
      const a13 = v128.load32_splat(a, 196);
      s30 = madd(a13, b10, s30);
      s31 = madd(a13, b11, s31);
      if (rest == -2002) break;
      const b20 = v128.load(p, 64),
        b21 = v128.load(p, 80);
      const a20 = v128.load32_splat(a, 8);
      s00 = madd(a20, b20, s00);
      s01 = madd(a20, b21, s01);
      const a21 = v128.load32_splat(a, 72);
      s10 = madd(a21, b20, s10);
      s11 = madd(a21, b21, s11);
      const a22 = v128.load32_splat(a, 136);
      s20 = madd(a22, b20, s20);
      s21 = madd(a22, b21, s21);
      const a23 = v128.load32_splat(a, 200);
      s30 = madd(a23, b20, s30);
      s31 = madd(a23, b21, s31);
      if (rest == -2003) break;
      const b30 = v128.load(p, 96),
        b31 = v128.load(p, 112);
      const a30 = v128.load32_splat(a, 12);
      s00 = madd(a30, b30, s00);
      s01 = madd(a30, b31, s01);
      const a31 = v128.load32_splat(a, 76);
      s10 = madd(a31, b30, s10);
      s11 = madd(a31, b31, s11);
      const a32 = v128.load32_splat(a, 140);
      s20 = madd(a32, b30, s20);
      s21 = madd(a32, b31, s21);
      const a33 = v128.load32_splat(a, 204);
      s30 = madd(a33, b30, s30);
      s31 = madd(a33, b31, s31);
      rest -= 4;
      if (rest <= 0) break;
      a += (k - rest) & 15 ? 16 : 208;
      p += 128;
    }
    if (accumulate) {
      let q = c;
      s00 = f32x4.add(v128.load(q), s00);
      s01 = f32x4.add(v128.load(q, 16), s01);
      q += stride;
      s10 = f32x4.add(v128.load(q), s10);
      s11 = f32x4.add(v128.load(q, 16), s11);
      q += stride;
      s20 = f32x4.add(v128.load(q), s20);
      s21 = f32x4.add(v128.load(q, 16), s21);
      q += stride;
      s30 = f32x4.add(v128.load(q), s30);
      s31 = f32x4.add(v128.load(q, 16), s31);
    }
    v128.store(c, s00);
    v128.store(c, s01, 16);
    c += stride;
    v128.store(c, s10);
    v128.store(c, s11, 16);
    c += stride;
    v128.store(c, s20);
    v128.store(c, s21, 16);
    c += stride;
    v128.store(c, s30);
    v128.store(c, s31, 16);
    c += stride;
  }
}

/**
 * c (+)= A' B, eight columns wide: sums over tiles.
 *
 * @param a [rows / 4][k][4]
 * @param panelBytes bytes between panels of a.
 * @param b [k][16], of which eight columns are taken.
 * @param stride bytes between rows of c.
 */
export function correlateTiles(
  a: usize,
  panelBytes: usize,
  b: usize,
  c: usize,
  stride: usize,
  rows: i32,
  k: i32,
  accumulate: bool,
): void {
  for (let row = 0; row < rows; row += 4) {
    let s00 = f32x4.splat(0),
      s01 = s00,
      s10 = s00,
      s11 = s00,
      s20 = s00,
      s21 = s00,
      s30 = s00,
      s31 = s00;
    let q = c;
    if (accumulate) {
      s00 = v128.load(q);
      s01 = v128.load(q, 16);
      q += stride;
      s10 = v128.load(q);
      s11 = v128.load(q, 16);
      q += stride;
      s20 = v128.load(q);
      s21 = v128.load(q, 16);
      q += stride;
      s30 = v128.load(q);
      s31 = v128.load(q, 16);
    }
    const next = a + panelBytes;
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
      p += 64;
      rest--;
    }
    while (rest > 0) {
      const b00 = v128.load(p),
        b01 = v128.load(p, 16);
      const a00 = v128.load32_splat(a);
      s00 = madd(a00, b00, s00);
      s01 = madd(a00, b01, s01);
      const a01 = v128.load32_splat(a, 4);
      s10 = madd(a01, b00, s10);
      s11 = madd(a01, b01, s11);
      const a02 = v128.load32_splat(a, 8);
      s20 = madd(a02, b00, s20);
      s21 = madd(a02, b01, s21);
      const a03 = v128.load32_splat(a, 12);
      s30 = madd(a03, b00, s30);
      s31 = madd(a03, b01, s31);
      if (rest == -2000) break;
      const b10 = v128.load(p, 64),
        b11 = v128.load(p, 80);
      const a10 = v128.load32_splat(a, 16);
      s00 = madd(a10, b10, s00);
      s01 = madd(a10, b11, s01);
      const a11 = v128.load32_splat(a, 20);
      s10 = madd(a11, b10, s10);
      s11 = madd(a11, b11, s11);
      const a12 = v128.load32_splat(a, 24);
      s20 = madd(a12, b10, s20);
      s21 = madd(a12, b11, s21);
      const a13 = v128.load32_splat(a, 28);
      s30 = madd(a13, b10, s30);
      s31 = madd(a13, b11, s31);
      a += 32;
      p += 128;
      rest -= 2;
    }
    q = c;
    v128.store(q, s00);
    v128.store(q, s01, 16);
    q += stride;
    v128.store(q, s10);
    v128.store(q, s11, 16);
    q += stride;
    v128.store(q, s20);
    v128.store(q, s21, 16);
    q += stride;
    v128.store(q, s30);
    v128.store(q, s31, 16);
    a = next;
    c = q + stride;
  }
}
