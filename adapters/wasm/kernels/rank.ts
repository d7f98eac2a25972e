import { storeLanes, loadLanes } from './partial-lanes';

@unmanaged
export class RankMaskParameters {
  values: usize;
  mask: usize;
  length: i32;
  count: i32;
  /** Elements of a task, a multiple of 4. */
  share: i32;
}

/** 1 for the `count` largest elements, else 0; of equal ones the first rank first. Every element is held against all. */
export function rankMask(p: RankMaskParameters, task: i32, scratch: usize): void {
  const first = task * p.share;
  for (let i = first, end = min(first + p.share, p.length); i < end; i += 4) {
    const at = (<usize>i) << 2;
    const own = loadLanes(p.values + at, p.length - i);
    const index = i32x4.add(i32x4.splat(i), i32x4(0, 1, 2, 3));
    // A comparison that holds is -1.
    let before = i32x4.splat(0);
    for (let j = 0; j < p.length; j++) {
      const other = v128.load32_splat(p.values + ((<usize>j) << 2));
      const tie = v128.and(f32x4.eq(other, own), i32x4.lt_s(i32x4.splat(j), index));
      before = i32x4.add(before, v128.or(f32x4.gt(other, own), tie));
    }
    const ranked = i32x4.lt_s(i32x4.neg(before), i32x4.splat(p.count));
    storeLanes(p.mask + at, v128.and(ranked, f32x4.splat(1)), p.length - i);
  }
}
