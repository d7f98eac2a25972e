/*
 * Ends of rows as vectors: elements beyond the end belong to someone else. The rare part is recursive, which keeps the
 * compiler from putting copies of it wherever a row may end.
 */

/** The first `count` floats at p, at most four; other lanes are 0. */
// @ts-ignore: decorator
@inline
export function loadLanes(p: usize, count: i32): v128 {
  return count >= 4 ? v128.load(p) : loadFew(p, count);
}

/** Writes the first `count` lanes, at most four. */
// @ts-ignore: decorator
@inline
export function storeLanes(p: usize, v: v128, count: i32): void {
  if (count >= 4) v128.store(p, v);
  else storeFew(p, v, count);
}

function loadFew(p: usize, count: i32): v128 {
  if (count <= 0) return f32x4.splat(0);
  const rest = loadFew(p + 4, count - 1);
  return v128.load32_lane(p, v128.shuffle<f32>(rest, rest, 3, 0, 1, 2), 0);
}

function storeFew(p: usize, v: v128, count: i32): void {
  v128.store32_lane(p, v, 0);
  if (count > 1) storeFew(p + 4, v128.shuffle<f32>(v, v, 1, 2, 3, 0), count - 1);
}
