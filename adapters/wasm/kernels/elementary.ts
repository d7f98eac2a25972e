import { madd } from './lanes';

/*
 * Elementary functions of four floats, by polynomials without tables: exp and log within 1.1 units in the last place
 * over all float32, tanh within 3, with the values of IEEE 754 at the ends: overflow is Infinity, underflow goes
 * through the denormals to 0, a NaN stays one. Products in a range reduction are exact, so that it matters nowhere
 * whether `madd` rounds once or twice.
 *
 * They are inlined, since a call would set all of their constants anew.
 */

/** e^x. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  // e^89 is above all floats, e^-104 below: as far as the exponents can be put together below. Written so that NaN
  // passes.
  x = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(-104));
  // n = x / ln 2 to the nearest integer: the last bits of 1.5 * 2^23 + n.
  const shifted = madd(x, f32x4.splat(1.44269504), f32x4.splat(12582912));
  const n = f32x4.sub(shifted, f32x4.splat(12582912));
  // r = x - n ln 2 with ln 2 in two parts, of which the first has 10 bits.
  const r = madd(n, f32x4.splat(2.12194440e-4), madd(n, f32x4.splat(-0.693359375), x));
  let p = madd(r, f32x4.splat(1.9875691e-4), f32x4.splat(1.3981999e-3));
  p = madd(p, r, f32x4.splat(8.3334519e-3));
  p = madd(p, r, f32x4.splat(4.1665795e-2));
  p = madd(p, r, f32x4.splat(1.6666665e-1));
  p = madd(p, r, f32x4.splat(5.0000001e-1));
  p = f32x4.add(madd(p, f32x4.mul(r, r), r), f32x4.splat(1));
  // 2^n in two factors: one alone could not reach the denormals nor Infinity.
  const exponent = i32x4.sub(shifted, i32x4.splat(0x4b400000));
  const half = i32x4.shr_s(exponent, 1);
  const bias = i32x4.splat(127);
  p = f32x4.mul(p, i32x4.shl(i32x4.add(half, bias), 23));
  return f32x4.mul(p, i32x4.shl(i32x4.add(i32x4.sub(exponent, half), bias), 23));
}

/** Natural logarithm; of 0 it is -Infinity, of less NaN. */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  // Denormals times 2^23.
  const small = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, small);
  // x = 2^e (1 + r), 1 + r from sqrt(1/2) to sqrt(2).
  const bits = i32x4.sub(scaled, i32x4.splat(0x3f3504f3));
  const e = f32x4.sub(
    f32x4.convert_i32x4_s(i32x4.shr_s(bits, 23)),
    v128.and(small, f32x4.splat(23)),
  );
  const mantissa = i32x4.add(v128.and(bits, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const r = f32x4.sub(mantissa, f32x4.splat(1));
  const z = f32x4.mul(r, r);
  let p = madd(r, f32x4.splat(7.0376836292e-2), f32x4.splat(-1.1514610310e-1));
  p = madd(p, r, f32x4.splat(1.1676998740e-1));
  p = madd(p, r, f32x4.splat(-1.2420140846e-1));
  p = madd(p, r, f32x4.splat(1.4249322787e-1));
  p = madd(p, r, f32x4.splat(-1.6668057665e-1));
  p = madd(p, r, f32x4.splat(2.0000714765e-1));
  p = madd(p, r, f32x4.splat(-2.4999993993e-1));
  p = madd(p, r, f32x4.splat(3.3333331174e-1));
  p = f32x4.mul(p, f32x4.mul(r, z));
  p = madd(e, f32x4.splat(-2.12194440e-4), p);
  p = madd(z, f32x4.splat(-0.5), p);
  p = madd(e, f32x4.splat(0.693359375), f32x4.add(r, p));
  // Infinity and NaN as they are; below 0 NaN; at 0 -Infinity.
  p = v128.bitselect(p, x, f32x4.lt(x, f32x4.splat(Infinity)));
  p = v128.or(p, f32x4.lt(x, f32x4.splat(0)));
  return v128.bitselect(f32x4.splat(-Infinity), p, f32x4.eq(x, f32x4.splat(0)));
}

/** Hyperbolic tangent from x and e^2x. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128, square: v128): v128 {
  // Near 0 an odd polynomial, which keeps the digits that 1 - 2 / (e^2x + 1) would cancel.
  const z = f32x4.mul(x, x);
  let p = madd(z, f32x4.splat(-5.70498872745e-3), f32x4.splat(2.06390887954e-2));
  p = madd(p, z, f32x4.splat(-5.37397155531e-2));
  p = madd(p, z, f32x4.splat(1.33314422036e-1));
  p = madd(p, z, f32x4.splat(-3.33332819422e-1));
  const one = f32x4.splat(1);
  p = f32x4.mul(x, madd(p, z, one));
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(square, one)));
  return v128.bitselect(p, far, f32x4.lt(f32x4.abs(x), f32x4.splat(0.625)));
}
