// Multiply-adds on registers alone: what the machine's 128-bit units can do.
export function peak(rounds: i32, seed: f32): f32 {
  const a = f32x4.splat(seed);
  let s0 = a,
    s1 = a,
    s2 = a,
    s3 = a,
    s4 = a,
    s5 = a,
    s6 = a,
    s7 = a,
    s8 = a,
    s9 = a;
  for (let i = 0; i < rounds; i++) {
    s0 = f32x4.relaxed_madd(a, a, s0);
    s1 = f32x4.relaxed_madd(a, a, s1);
    s2 = f32x4.relaxed_madd(a, a, s2);
    s3 = f32x4.relaxed_madd(a, a, s3);
    s4 = f32x4.relaxed_madd(a, a, s4);
    s5 = f32x4.relaxed_madd(a, a, s5);
    s6 = f32x4.relaxed_madd(a, a, s6);
    s7 = f32x4.relaxed_madd(a, a, s7);
    s8 = f32x4.relaxed_madd(a, a, s8);
    s9 = f32x4.relaxed_madd(a, a, s9);
  }
  const low = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  const high = f32x4.add(f32x4.add(s4, s5), f32x4.add(s6, s7));
  return f32x4.extract_lane(f32x4.add(f32x4.add(low, high), f32x4.add(s8, s9)), 0);
}
