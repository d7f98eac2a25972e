import { madd } from './lanes';

/*
 * One-dimensional transforms of Winograd's convolutions F(m, 3), four channels at a time. A transform of a tile is one
 * along its columns and one along its rows. For n = m + 2 points a_j, and N_j = product of (a_j - a_i), i != j:
 *
 *   input     B' (n from n): row j holds the coefficients of the product of (t - a_i), i != j
 *   output    A' (m from n): element (i, j) is a_j^i
 *   filter    G  (n from 3): row j is (1, a_j, a_j^2) / N_j
 *   gradient  A  (n from m), for the gradient of the output
 *   weights   G' (3 from n), for the gradient of the filter
 *
 * F(4, 3) takes the points 0, +-sqrt(1/2), +-sqrt(2) and infinity: with +-1, +-2 the largest error is six times larger.
 * F(6, 3) takes 0, +-1, +-2, +-1/2 and infinity; what belongs to +-1/2 is scaled by 32, in A and the inverse of G.
 *
 * An axis of three elements with a zero on both sides needs four products, not five. Outputs and inputs then meet in
 * the matrix w1 I + w2 S + w0 S' (S: the shift), which is the sum over j of g_j a_j b_j', where with r = sqrt(1/3)
 *   a = (r, 1, r), (r, -1, r), (1, 1, -1), (1, -1, -1), b = the same in reverse, and
 *   g = 3/4 w1 +- 3/4 r (w0 + w2), -1/4 w1 +- 1/4 (w2 - w0).
 * That is family 3: whole maps of 3x3 with padding 1.
 */

/** Points of a tile along an axis. */
// @ts-ignore: decorator
@inline
export function pointsOf(family: i32): i32 {
  return family == 3 ? 4 : family + 2;
}

/** The transforms; a family has five. */
export const INPUT = 0;
export const OUTPUT = 1;
export const FILTER = 2;
export const GRADIENT = 3;
export const WEIGHTS = 4;

// @ts-ignore: decorator
@inline
const SQRT_THIRD: f32 = 0.57735026918962576;
// @ts-ignore: decorator
@inline
const SQRT_HALF: f32 = 0.70710678118654752;
// @ts-ignore: decorator
@inline
const SQRT_2: f32 = 1.4142135623730951;

// @ts-ignore: decorator
@inline
function add(a: v128, b: v128): v128 {
  return f32x4.add(a, b);
}

// @ts-ignore: decorator
@inline
function sub(a: v128, b: v128): v128 {
  return f32x4.sub(a, b);
}

/** c + factor * x */
// @ts-ignore: decorator
@inline
function scaled(factor: f32, x: v128, c: v128): v128 {
  return madd(f32x4.splat(factor), x, c);
}

// @ts-ignore: decorator
@inline
function times(factor: f32, x: v128): v128 {
  return f32x4.mul(f32x4.splat(factor), x);
}

/**
 * `count` series of `bytes` / 16 transforms of four channels. Operand i of the first transform is at s + i * row,
 * result j goes to d + j * plane. The next operands of a series lie beside these, their results `step` bytes further;
 * the next series begins `from` and `to` bytes further. Results may take the place of operands.
 *
 * @param family outputs of a tile, m: 3, 4 or 6.
 */
export function transform(
  family: i32,
  kind: i32,
  s: usize,
  row: usize,
  d: usize,
  plane: usize,
  bytes: usize,
  step: usize,
  count: i32,
  from: usize,
  to: usize,
): void {
  if (family == 6) {
    if (kind == INPUT) input6(s, row, d, plane, bytes, step, count, from, to);
    else if (kind == OUTPUT) output6(s, row, d, plane, bytes, step, count, from, to);
    else if (kind == FILTER) filter6(s, row, d, plane, bytes, step, count, from, to);
    else if (kind == GRADIENT) gradient6(s, row, d, plane, bytes, step, count, from, to);
    else weights6(s, row, d, plane, bytes, step, count, from, to);
  } else if (family == 4) {
    if (kind == INPUT) input4(s, row, d, plane, bytes, step, count, from, to);
    else if (kind == OUTPUT) output4(s, row, d, plane, bytes, step, count, from, to);
    else if (kind == FILTER) filter4(s, row, d, plane, bytes, step, count, from, to);
    else if (kind == GRADIENT) gradient4(s, row, d, plane, bytes, step, count, from, to);
    else weights4(s, row, d, plane, bytes, step, count, from, to);
  } else {
    if (kind == INPUT) input3(s, row, d, plane, bytes, step, count, from, to);
    else if (kind == OUTPUT) output3(s, row, d, plane, bytes, step, count, from, to);
    else if (kind == FILTER) filter3(s, row, d, plane, bytes, step, count, from, to);
    else if (kind == GRADIENT) input3(s + 2 * row, -row, d, plane, bytes, step, count, from, to); // reversed
    else weights3(s, row, d, plane, bytes, step, count, from, to);
  }
}

function input3(
  s: usize, row: usize, d: usize, plane: usize, bytes: usize, step: usize, count: i32, from: usize, to: usize,
): void {
  for (; count > 0; count--) {
    let t = d;
    for (let i: usize = 0; i < bytes; i += 16) {
      let p = s + i;
      const x0 = v128.load(p);
      p += row;
      const x1 = v128.load(p);
      p += row;
      const x2 = v128.load(p);
      const even = times(SQRT_THIRD, add(x0, x2));
      const odd = sub(x2, x0);
      let q = t;
      t += step;
      v128.store(q, add(even, x1));
      q += plane;
      v128.store(q, sub(even, x1));
      q += plane;
      v128.store(q, add(odd, x1));
      q += plane;
      v128.store(q, sub(odd, x1));
    }
    s += from;
    d += to;
  }
}

function output3(
  s: usize, row: usize, d: usize, plane: usize, bytes: usize, step: usize, count: i32, from: usize, to: usize,
): void {
  for (; count > 0; count--) {
    let t = d;
    for (let i: usize = 0; i < bytes; i += 16) {
      let p = s + i;
      const x0 = v128.load(p);
      p += row;
      const x1 = v128.load(p);
      p += row;
      const x2 = v128.load(p);
      p += row;
      const x3 = v128.load(p);
      const even = times(SQRT_THIRD, add(x0, x1));
      const odd = add(x2, x3);
      let q = t;
      t += step;
      v128.store(q, add(even, odd));
      q += plane;
      v128.store(q, add(sub(x0, x1), sub(x2, x3)));
      q += plane;
      v128.store(q, sub(even, odd));
    }
    s += from;
    d += to;
  }
}

function filter3(
  s: usize, row: usize, d: usize, plane: usize, bytes: usize, step: usize, count: i32, from: usize, to: usize,
): void {
  for (; count > 0; count--) {
    let t = d;
    for (let i: usize = 0; i < bytes; i += 16) {
      let p = s + i;
      const x0 = v128.load(p);
      p += row;
      const x1 = v128.load(p);
      p += row;
      const x2 = v128.load(p);
      const even1 = times(0.75, x1);
      const odd1 = times(0.75 * SQRT_THIRD, add(x0, x2));
      const even2 = times(-0.25, x1);
      const odd2 = times(0.25, sub(x2, x0));
      let q = t;
      t += step;
      v128.store(q, add(even1, odd1));
      q += plane;
      v128.store(q, sub(even1, odd1));
      q += plane;
      v128.store(q, add(even2, odd2));
      q += plane;
      v128.store(q, sub(even2, odd2));
    }
    s += from;
    d += to;
  }
}

function weights3(
  s: usize, row: usize, d: usize, plane: usize, bytes: usize, step: usize, count: i32, from: usize, to: usize,
): void {
  for (; count > 0; count--) {
    let t = d;
    for (let i: usize = 0; i < bytes; i += 16) {
      let p = s + i;
      const x0 = v128.load(p);
      p += row;
      const x1 = v128.load(p);
      p += row;
      const x2 = v128.load(p);
      p += row;
      const x3 = v128.load(p);
      const even = times(0.75 * SQRT_THIRD, sub(x0, x1));
      const odd = times(0.25, sub(x2, x3));
      let q = t;
      t += step;
      v128.store(q, sub(even, odd));
      q += plane;
      v128.store(q, scaled(0.75, add(x0, x1), times(-0.25, add(x2, x3))));
      q += plane;
      v128.store(q, add(even, odd));
    }
    s += from;
    d += to;
  }
}

function input4(
  s: usize, row: usize, d: usize, plane: usize, bytes: usize, step: usize, count: i32, from: usize, to: usize,
): void {
  for (; count > 0; count--) {
    let t = d;
    for (let i: usize = 0; i < bytes; i += 16) {
      let p = s + i;
      const x0 = v128.load(p);
      p += row;
      const x1 = v128.load(p);
      p += row;
      const x2 = v128.load(p);
      p += row;
      const x3 = v128.load(p);
      p += row;
      const x4 = v128.load(p);
      p += row;
      const x5 = v128.load(p);
      const even1 = scaled(-2, x2, x4);
      const odd1 = times(SQRT_HALF, scaled(-2, x1, x3));
      const even2 = scaled(-0.5, x2, x4);
      const odd2 = times(SQRT_2, scaled(-0.5, x1, x3));
      let q = t;
      t += step;
      v128.store(q, scaled(-2.5, x2, add(x0, x4)));
      q += plane;
      v128.store(q, add(even1, odd1));
      q += plane;
      v128.store(q, sub(even1, odd1));
      q += plane;
      v128.store(q, add(even2, odd2));
      q += plane;
      v128.store(q, sub(even2, odd2));
      q += plane;
      v128.store(q, scaled(-2.5, x3, add(x1, x5)));
    }
    s += from;
    d += to;
  }
}

function output4(
  s: usize, row: usize, d: usize, plane: usize, bytes: usize, step: usize, count: i32, from: usize, to: usize,
): void {
  for (; count > 0; count--) {
    let t = d;
    for (let i: usize = 0; i < bytes; i += 16) {
      let p = s + i;
      const x0 = v128.load(p);
      p += row;
      const x1 = v128.load(p);
      p += row;
      const x2 = v128.load(p);
      p += row;
      const x3 = v128.load(p);
      p += row;
      const x4 = v128.load(p);
      p += row;
      const x5 = v128.load(p);
      const s1 = add(x1, x2);
      const d1 = sub(x1, x2);
      const s2 = add(x3, x4);
      const d2 = sub(x3, x4);
      let q = t;
      t += step;
      v128.store(q, add(add(x0, s1), s2));
      q += plane;
      v128.store(q, times(SQRT_HALF, scaled(2, d2, d1)));
      q += plane;
      v128.store(q, times(0.5, scaled(4, s2, s1)));
      q += plane;
      v128.store(q, scaled(0.5 * SQRT_HALF, scaled(8, d2, d1), x5));
    }
    s += from;
    d += to;
  }
}

function filter4(
  s: usize, row: usize, d: usize, plane: usize, bytes: usize, step: usize, count: i32, from: usize, to: usize,
): void {
  for (; count > 0; count--) {
    let t = d;
    for (let i: usize = 0; i < bytes; i += 16) {
      let p = s + i;
      const x0 = v128.load(p);
      p += row;
      const x1 = v128.load(p);
      p += row;
      const x2 = v128.load(p);
      const even1 = times(<f32>(-2.0 / 3.0), scaled(0.5, x2, x0));
      const odd1 = times(<f32>(-2.0 / 3.0) * SQRT_HALF, x1);
      const even2 = times(<f32>(1.0 / 6.0), scaled(2, x2, x0));
      const odd2 = times(<f32>(1.0 / 6.0) * SQRT_2, x1);
      let q = t;
      t += step;
      v128.store(q, x0);
      q += plane;
      v128.store(q, add(even1, odd1));
      q += plane;
      v128.store(q, sub(even1, odd1));
      q += plane;
      v128.store(q, add(even2, odd2));
      q += plane;
      v128.store(q, sub(even2, odd2));
      q += plane;
      v128.store(q, x2);
    }
    s += from;
    d += to;
  }
}

function gradient4(
  s: usize, row: usize, d: usize, plane: usize, bytes: usize, step: usize, count: i32, from: usize, to: usize,
): void {
  for (; count > 0; count--) {
    let t = d;
    for (let i: usize = 0; i < bytes; i += 16) {
      let p = s + i;
      const x0 = v128.load(p);
      p += row;
      const x1 = v128.load(p);
      p += row;
      const x2 = v128.load(p);
      p += row;
      const x3 = v128.load(p);
      const even1 = scaled(0.5, x2, x0);
      const odd1 = times(SQRT_HALF, scaled(0.5, x3, x1));
      const even2 = scaled(2, x2, x0);
      const odd2 = times(SQRT_2, scaled(2, x3, x1));
      let q = t;
      t += step;
      v128.store(q, x0);
      q += plane;
      v128.store(q, add(even1, odd1));
      q += plane;
      v128.store(q, sub(even1, odd1));
      q += plane;
      v128.store(q, add(even2, odd2));
      q += plane;
      v128.store(q, sub(even2, odd2));
      q += plane;
      v128.store(q, x3);
    }
    s += from;
    d += to;
  }
}

function weights4(
  s: usize, row: usize, d: usize, plane: usize, bytes: usize, step: usize, count: i32, from: usize, to: usize,
): void {
  for (; count > 0; count--) {
    let t = d;
    for (let i: usize = 0; i < bytes; i += 16) {
      let p = s + i;
      const x0 = v128.load(p);
      p += row;
      const x1 = v128.load(p);
      p += row;
      const x2 = v128.load(p);
      p += row;
      const x3 = v128.load(p);
      p += row;
      const x4 = v128.load(p);
      p += row;
      const x5 = v128.load(p);
      const s1 = add(x1, x2);
      const s2 = add(x3, x4);
      let q = t;
      t += step;
      v128.store(q, scaled(<f32>(-2.0 / 3.0), s1, scaled(<f32>(1.0 / 6.0), s2, x0)));
      q += plane;
      v128.store(q, times(<f32>(1.0 / 3.0) * SQRT_HALF, scaled(-2, sub(x1, x2), sub(x3, x4))));
      q += plane;
      v128.store(q, scaled(<f32>(1.0 / 3.0), sub(s2, s1), x5));
    }
    s += from;
    d += to;
  }
}

function input6(
  s: usize, row: usize, d: usize, plane: usize, bytes: usize, step: usize, count: i32, from: usize, to: usize,
): void {
  for (; count > 0; count--) {
    let t = d;
    for (let i: usize = 0; i < bytes; i += 16) {
      let p = s + i;
      const x0 = v128.load(p);
      p += row;
      const x1 = v128.load(p);
      p += row;
      const x2 = v128.load(p);
      p += row;
      const x3 = v128.load(p);
      p += row;
      const x4 = v128.load(p);
      p += row;
      const x5 = v128.load(p);
      p += row;
      const x6 = v128.load(p);
      p += row;
      const x7 = v128.load(p);
      const a = sub(x6, x4);
      const b = sub(x2, x4);
      const e = sub(x5, x3);
      const g = sub(x1, x3);
      const even1 = scaled(-2.25, x4, add(a, b));
      const odd1 = scaled(-2.25, x3, add(e, g));
      const even2 = scaled(0.25, b, a);
      const odd2 = scaled(0.5, g, add(e, e));
      const even3 = scaled(4, b, a);
      const odd3 = scaled(0.5, e, add(g, g));
      let q = t;
      t += step;
      v128.store(q, scaled(-5.25, b, sub(x0, x6)));
      q += plane;
      v128.store(q, add(even1, odd1));
      q += plane;
      v128.store(q, sub(even1, odd1));
      q += plane;
      v128.store(q, add(even2, odd2));
      q += plane;
      v128.store(q, sub(even2, odd2));
      q += plane;
      v128.store(q, add(even3, odd3));
      q += plane;
      v128.store(q, sub(even3, odd3));
      q += plane;
      v128.store(q, scaled(-5.25, e, sub(x7, x1)));
    }
    s += from;
    d += to;
  }
}

function output6(
  s: usize, row: usize, d: usize, plane: usize, bytes: usize, step: usize, count: i32, from: usize, to: usize,
): void {
  for (; count > 0; count--) {
    let t = d;
    for (let i: usize = 0; i < bytes; i += 16) {
      let p = s + i;
      const x0 = v128.load(p);
      p += row;
      const x1 = v128.load(p);
      p += row;
      const x2 = v128.load(p);
      p += row;
      const x3 = v128.load(p);
      p += row;
      const x4 = v128.load(p);
      p += row;
      const x5 = v128.load(p);
      p += row;
      const x6 = v128.load(p);
      p += row;
      const x7 = v128.load(p);
      const s1 = add(x1, x2);
      const d1 = sub(x1, x2);
      const s2 = add(x3, x4);
      const d2 = sub(x3, x4);
      const s3 = add(x5, x6);
      const d3 = sub(x5, x6);
      let q = t;
      t += step;
      v128.store(q, scaled(32, s3, add(add(x0, s1), s2)));
      q += plane;
      v128.store(q, scaled(2, d2, scaled(16, d3, d1)));
      q += plane;
      v128.store(q, scaled(4, s2, scaled(8, s3, s1)));
      q += plane;
      v128.store(q, scaled(8, d2, scaled(4, d3, d1)));
      q += plane;
      v128.store(q, scaled(16, s2, scaled(2, s3, s1)));
      q += plane;
      v128.store(q, scaled(32, d2, add(add(x7, d1), d3)));
    }
    s += from;
    d += to;
  }
}

function filter6(
  s: usize, row: usize, d: usize, plane: usize, bytes: usize, step: usize, count: i32, from: usize, to: usize,
): void {
  for (; count > 0; count--) {
    let t = d;
    for (let i: usize = 0; i < bytes; i += 16) {
      let p = s + i;
      const x0 = v128.load(p);
      p += row;
      const x1 = v128.load(p);
      p += row;
      const x2 = v128.load(p);
      const even1 = times(<f32>(-2.0 / 9.0), add(x0, x2));
      const odd1 = times(<f32>(-2.0 / 9.0), x1);
      const even2 = times(<f32>(1.0 / 90.0), scaled(4, x2, x0));
      const odd2 = times(<f32>(1.0 / 45.0), x1);
      const even3 = times(<f32>(1.0 / 180.0), scaled(4, x0, x2));
      const odd3 = times(0.5, odd2);
      let q = t;
      t += step;
      v128.store(q, x0);
      q += plane;
      v128.store(q, add(even1, odd1));
      q += plane;
      v128.store(q, sub(even1, odd1));
      q += plane;
      v128.store(q, add(even2, odd2));
      q += plane;
      v128.store(q, sub(even2, odd2));
      q += plane;
      v128.store(q, add(even3, odd3));
      q += plane;
      v128.store(q, sub(even3, odd3));
      q += plane;
      v128.store(q, x2);
    }
    s += from;
    d += to;
  }
}

function gradient6(
  s: usize, row: usize, d: usize, plane: usize, bytes: usize, step: usize, count: i32, from: usize, to: usize,
): void {
  for (; count > 0; count--) {
    let t = d;
    for (let i: usize = 0; i < bytes; i += 16) {
      let p = s + i;
      const x0 = v128.load(p);
      p += row;
      const x1 = v128.load(p);
      p += row;
      const x2 = v128.load(p);
      p += row;
      const x3 = v128.load(p);
      p += row;
      const x4 = v128.load(p);
      p += row;
      const x5 = v128.load(p);
      const even1 = add(x0, add(x2, x4));
      const odd1 = add(x1, add(x3, x5));
      const even2 = scaled(16, x4, scaled(4, x2, x0));
      const odd2 = scaled(32, x5, scaled(8, x3, add(x1, x1)));
      const even3 = scaled(32, x0, scaled(8, x2, add(x4, x4)));
      const odd3 = scaled(16, x1, scaled(4, x3, x5));
      let q = t;
      t += step;
      v128.store(q, x0);
      q += plane;
      v128.store(q, add(even1, odd1));
      q += plane;
      v128.store(q, sub(even1, odd1));
      q += plane;
      v128.store(q, add(even2, odd2));
      q += plane;
      v128.store(q, sub(even2, odd2));
      q += plane;
      v128.store(q, add(even3, odd3));
      q += plane;
      v128.store(q, sub(even3, odd3));
      q += plane;
      v128.store(q, x5);
    }
    s += from;
    d += to;
  }
}

function weights6(
  s: usize, row: usize, d: usize, plane: usize, bytes: usize, step: usize, count: i32, from: usize, to: usize,
): void {
  for (; count > 0; count--) {
    let t = d;
    for (let i: usize = 0; i < bytes; i += 16) {
      let p = s + i;
      const x0 = v128.load(p);
      p += row;
      const x1 = v128.load(p);
      p += row;
      const x2 = v128.load(p);
      p += row;
      const x3 = v128.load(p);
      p += row;
      const x4 = v128.load(p);
      p += row;
      const x5 = v128.load(p);
      p += row;
      const x6 = v128.load(p);
      p += row;
      const x7 = v128.load(p);
      const s1 = add(x1, x2);
      const d1 = sub(x1, x2);
      const s2 = times(<f32>(1.0 / 90.0), add(x3, x4));
      const d2 = sub(x3, x4);
      const s3 = times(<f32>(1.0 / 180.0), add(x5, x6));
      const d3 = sub(x5, x6);
      let q = t;
      t += step;
      v128.store(q, scaled(<f32>(-2.0 / 9.0), s1, scaled(4, s3, add(x0, s2))));
      q += plane;
      v128.store(q, scaled(<f32>(-2.0 / 9.0), d1, times(<f32>(1.0 / 90.0), add(add(d2, d2), d3))));
      q += plane;
      v128.store(q, scaled(<f32>(-2.0 / 9.0), s1, scaled(4, s2, add(x7, s3))));
    }
    s += from;
    d += to;
  }
}
