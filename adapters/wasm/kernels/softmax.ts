import { exp, log } from './elementary';
import { laneSum } from './lanes';

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

/**
 * Softmax of rows, its logarithm, or with `targets` their cross-entropy: -sum of target times logarithm. A row goes through
 * scratch memory, where it is followed by what changes no result, so that it is whole vectors.
 */
export function softmax(p: SoftmaxParameters, task: i32, scratch: usize): void {
  const stride = (<usize>p.length) << 2;
  const targets = scratch + stride + 16;
  const first = task * p.share;
  const plain = p.logarithm == 0;
  const zero = f32x4.splat(0);
  for (let row = first, end = min(first + p.share, p.rows); row < end; row++) {
    const start = <usize>row * stride;
    memory.copy(scratch, p.x + start, stride);
    v128.store(scratch + stride, f32x4.splat(-Infinity));
    let largest = f32x4.splat(-Infinity);
    for (let at: usize = 0; at < stride; at += 16) largest = f32x4.pmax(largest, v128.load(scratch + at));
    largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 2, 3, 0, 1));
    largest = f32x4.pmax(largest, v128.shuffle<f32>(largest, largest, 1, 0, 3, 2));
    let sum = zero;
    for (let at: usize = 0; at < stride; at += 16) {
      const shifted = f32x4.sub(v128.load(scratch + at), largest);
      const e = exp(shifted);
      sum = f32x4.add(sum, e);
      v128.store(scratch + at, plain ? e : shifted);
    }
    sum = f32x4.splat(laneSum(sum));
    if (plain) {
      for (let at: usize = 0; at < stride; at += 16) v128.store(scratch + at, f32x4.div(v128.load(scratch + at), sum));
    } else {
      const logarithm = log(sum);
      for (let at: usize = 0; at < stride; at += 16) {
        v128.store(scratch + at, f32x4.sub(v128.load(scratch + at), logarithm));
      }
    }
    if (p.targets) {
      memory.copy(targets, p.targets + start, stride);
      v128.store(targets + stride, zero);
      v128.store(scratch + stride, zero);
      let loss = zero;
      for (let at: usize = 0; at < stride; at += 16) {
        loss = f32x4.sub(loss, f32x4.mul(v128.load(targets + at), v128.load(scratch + at)));
      }
      store<f32>(p.y + ((<usize>row) << 2), laneSum(loss));
    } else memory.copy(p.y + start, scratch, stride);
  }
}
