import { exp, log } from './elementary';
import { laneSum } from './lanes';
import { loadLanes, storeLanes } from './partial-lanes';

@unmanaged
export class SoftmaxParameters {
  /** [rows][length] */
  x: usize;
  /** [rows][length] for the cross-entropy; else 0. */
  targets: usize;
  /** [rows][length], of the cross-entropy [rows]. */
  y: usize;
  rows: i32;
  length: i32;
  /** Rows of a task. */
  share: i32;
  /** Whether the logarithm is wanted. */
  logarithm: i32;
}

/** Softmax of rows, its logarithm, or with `targets` their cross-entropy: -sum of target times logarithm. */
export function softmax(p: SoftmaxParameters, task: i32, scratch: usize): void {
  const length = p.length;
  const stride = (<usize>length) << 2;
  const first = task * p.share;
  for (let row = first, end = min(first + p.share, p.rows); row < end; row++) {
    const x = p.x + <usize>row * stride;
    const y = p.y + <usize>row * stride;
    let largest = f32x4.splat(-Infinity);
    for (let i = 0; i < length; i += 4) largest = f32x4.pmax(largest, loadOrLeast(x + ((<usize>i) << 2), length - i));
    largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
    largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 1, 0, 3, 2));
    let sums = f32x4.splat(0);
    const plain = p.logarithm == 0;
    for (let i = 0; i < length; i += 4) {
      const at = (<usize>i) << 2;
      const e = exp(f32x4.sub(loadOrLeast(x + at, length - i), largest));
      sums = f32x4.add(sums, e);
      if (plain) storeLanes(y + at, e, length - i);
    }
    const sum = f32x4.splat(laneSum(sums));
    const logarithm = log(sum);
    let loss = f32x4.splat(0);
    for (let i = 0; i < length; i += 4) {
      const at = (<usize>i) << 2;
      const lanes = length - i;
      if (plain) {
        storeLanes(y + at, f32x4.div(loadLanes(y + at, lanes), sum), lanes);
        continue;
      }
      const v = f32x4.sub(f32x4.sub(loadLanes(x + at, lanes), largest), logarithm);
      if (!p.targets) storeLanes(y + at, v, lanes);
      else {
        const product = f32x4.mul(loadLanes(p.targets + <usize>row * stride + at, lanes), v);
        loss = f32x4.sub(loss, v128.and(product, within(lanes)));
      }
    }
    if (p.targets) store<f32>(p.y + ((<usize>row) << 2), laneSum(loss));
  }
}

/** All bits in the first `lanes` lanes. */
// @ts-ignore: decorator
@inline
function within(lanes: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(lanes));
}

/** The first `lanes` floats; -Infinity, whose exponential is 0, in the lanes beyond. */
function loadOrLeast(p: usize, lanes: i32): v128 {
  return v128.bitselect(loadLanes(p, lanes), f32x4.splat(-Infinity), within(lanes));
}
