/**
 * A number as WGSL of type f32. WGSL has no literals for infinities and NaN, and refuses constant expressions that give
 * them: those go through the helper `fromBits`.
 */
export function literal(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return `fromBits(${bitsOf(single)}u)`;
  const text = Object.is(single, -0) ? '-0' : String(single);
  return single < 0 || Object.is(single, -0) ? `(${text}f)` : `${text}f`;
}

function bitsOf(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint32(0);
}
