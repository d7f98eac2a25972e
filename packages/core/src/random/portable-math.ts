/**
 * `log`, `exp`, `sin`, `cos` and `pow` from additions, multiplications, divisions and square roots alone.
 *
 * IEEE 754 fixes the last bit of those, while `Math.log`, `Math.exp`, `Math.pow` and the circular functions may differ
 * between JavaScript engines. Everything that decides a run (initial weights, schedules, augmentation, procedural
 * images) uses these, so that a seed means the same run everywhere. Relative error is below 1e-14 in the ranges given.
 *
 * @module
 */

const LN2_HIGH = 0.69314718036912381649;
const LN2_LOW = 1.90821492927058770002e-10;
const words = (): { float: Float64Array; word: Uint32Array } => {
  const float = new Float64Array(1);
  return { float, word: new Uint32Array(float.buffer) };
};

/** `2^n` for whole `n`, exact where it is representable. */
function powerOfTwo(n: number): number {
  let result = 1;
  let factor = n < 0 ? 0.5 : 2;
  for (let k = Math.abs(n); k > 0; k >>= 1) {
    if (k & 1) result *= factor;
    factor *= factor;
  }
  return result;
}

/**
 * Natural logarithm.
 *
 * @param x a number; `-Infinity` at 0, `NaN` below.
 * @example portableLog(Math.E) // 1
 */
export function portableLog(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return Infinity;
  let exponent = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984; // 2^54 lifts a denormal
    exponent = -54;
  }
  const { float, word } = words();
  float[0] = x;
  exponent += ((word[1]! >>> 20) & 0x7ff) - 1023;
  word[1] = (word[1]! & 0x000fffff) | 0x3ff00000;
  let mantissa = float[0];
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  // log m = 2 artanh((m - 1) / (m + 1)), |argument| <= 0.172
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let series = 0;
  for (let k = 23; k >= 3; k -= 2) series = square * (1 / k + series);
  return exponent * LN2_HIGH + (2 * (s + s * series) + exponent * LN2_LOW);
}

/**
 * Exponential function.
 *
 * @param x a number; 0 below -745, `Infinity` above 709.7.
 * @example portableExp(0) // 1
 */
export function portableExp(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  const n = Math.round(x / Math.LN2);
  const r = x - n * LN2_HIGH - n * LN2_LOW; // |r| <= 0.347
  let series = 1;
  for (let k = 14; k >= 1; k--) series = 1 + (r / k) * series;
  const half = n >> 1; // in two factors, so that results near the limits neither overflow nor vanish
  return series * powerOfTwo(half) * powerOfTwo(n - half);
}

/**
 * `base^exponent` for `base >= 0`, through {@link portableExp} and {@link portableLog}.
 *
 * @example portablePow(2, 0.5) // 1.4142135623730951
 */
export function portablePow(base: number, exponent: number): number {
  if (exponent === 0) return 1;
  if (base === 0) return exponent > 0 ? 0 : Infinity;
  return portableExp(exponent * portableLog(base));
}

/** sin and cos of `|r| <= pi/4` by their series. */
function reducedSine(r: number): number {
  const square = r * r;
  let series = 1;
  for (let k = 18; k >= 2; k -= 2) series = 1 - (square / (k * (k + 1))) * series;
  return r * series;
}
function reducedCosine(r: number): number {
  const square = r * r;
  let series = 1;
  for (let k = 18; k >= 2; k -= 2) series = 1 - (square / (k * (k - 1))) * series;
  return series;
}
function circular(x: number, shift: number): number {
  const quarter = Math.round(x / (Math.PI / 2));
  const r = x - quarter * 1.5707963267341256 - quarter * 6.077100506506192e-11;
  switch ((((quarter + shift) % 4) + 4) % 4) {
    case 0:
      return reducedSine(r);
    case 1:
      return reducedCosine(r);
    case 2:
      return -reducedSine(r);
    default:
      return -reducedCosine(r);
  }
}

/**
 * Sine of an angle in radians, for `|x| < 1e5`.
 *
 * @example portableSin(Math.PI / 2) // 1
 */
export function portableSin(x: number): number {
  return circular(x, 0);
}

/**
 * Cosine of an angle in radians, for `|x| < 1e5`.
 *
 * @example portableCos(0) // 1
 */
export function portableCos(x: number): number {
  return circular(x, 1);
}
