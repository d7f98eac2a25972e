/**
 * Bits of the half-precision number nearest to a value; halfway, the one with an even last bit. What is too large becomes
 * infinite.
 */
export function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  // Numbers below 2^-14 are whole multiples of 2^-24.
  let [exponent, unit] = [0, 2 ** -24];
  while (size >= unit * 2048) [exponent, unit] = [exponent + 1, unit * 2];
  if (exponent === 0 && size < 2 ** -14) return sign | roundEven(size / unit);
  // 1024 units or more: the leading 1 is not stored, and adding a whole carries into the exponent.
  return sign | ((exponent << 10) + roundEven(size / unit));
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** The number with the given half-precision bits. */
export function fromHalfBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
