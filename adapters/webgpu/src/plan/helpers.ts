/**
 * Functions that WGSL lacks, or has with other results: `tanh` overflows to NaN, `max` and `min` may drop a NaN. Each for one
 * element and for four.
 */
const both = (name: string, parameters: string, body: string): Record<string, string> => ({
  [`${name}1`]: `fn ${name}1(${parameters.replaceAll('T', 'f32')}) -> f32 { ${body.replaceAll('T(', 'f32(').replaceAll('U(', 'u32(').replaceAll('U>', 'u32>')} }`,
  [`${name}4`]: `fn ${name}4(${parameters.replaceAll('T', 'vec4f')}) -> vec4f { ${body.replaceAll('T(', 'vec4f(').replaceAll('U(', 'vec4u(').replaceAll('U>', 'vec4u>')} }`,
});

const isNan = (value: string): string => `((bitcast<U>(${value}) & U(0x7fffffffu)) > U(0x7f800000u))`;

const helpers: Readonly<Record<string, string>> = {
  toHalves: 'fn toHalves(a : vec4f) -> vec2u { return vec2u(pack2x16float(a.xy), pack2x16float(a.zw)); }',
  fromHalves: 'fn fromHalves(a : vec2u) -> vec4f { return vec4f(unpack2x16float(a.x), unpack2x16float(a.y)); }',
  fromBits: 'fn fromBits(given : u32) -> f32 { var bits = given; return bitcast<f32>(bits); }',
  ...both('larger', 'a : T, b : T', `return select(select(b, a, a > b), a + b, ${isNan('a')} | ${isNan('b')});`),
  ...both('smaller', 'a : T, b : T', `return select(select(b, a, a < b), a + b, ${isNan('a')} | ${isNan('b')});`),
  ...both('logistic', 'a : T', 'let e = exp(-abs(a)); return select(e, T(1.0), a >= T(0.0)) / (T(1.0) + e);'),
  // Near 0 the quotient cancels: there the series.
  ...both(
    'hyperbolic',
    'a : T',
    'let e = exp(-2.0 * abs(a)); let s = a * a; let q = sign(a) * (T(1.0) - e) / (T(1.0) + e); ' +
      'return select(q, a * (T(1.0) - s * (T(0.33333334) - s * (T(0.13333334) - s * 0.053968254))), abs(a) < T(0.25));',
  ),
};

/** The definitions of the helpers that a text names. */
export function helpersOf(text: string): string {
  return Object.keys(helpers)
    .filter((name) => text.includes(`${name}(`))
    .map((name) => `${helpers[name]!}\n`)
    .join('');
}
