import { madd } from './lanes';
import { loadLanes, storeLanes } from './partial-lanes';

/** Part of a parameter, with what belongs to it. */
@unmanaged
class Piece {
  parameter: usize;
  gradient: usize;
  /** Adam's first moment, or the momentum of SGD, if any. */
  m: usize;
  /** Adam's second moment. */
  v: usize;
  count: i32;
}

@unmanaged
export class AdamParameters {
  /** Pieces of all tasks, and where those of a task begin: [tasks + 1]. */
  pieces: usize;
  starts: usize;
  /** Weight decay of every piece. */
  decays: usize;
  /** Scalars: learning rate, 1 / (1 - beta1^t), 1 / (1 - beta2^t). */
  rate: usize;
  correction1: usize;
  correction2: usize;
  beta1: f32;
  /** 1 - beta1 */
  rest1: f32;
  beta2: f32;
  /** 1 - beta2 */
  rest2: f32;
  epsilon: f32;
  /** Whether the decay acts on the parameter and not on the gradient. */
  decoupled: i32;
}

/** Adam over the pieces of a task. */
export function adam(p: AdamParameters, task: i32, scratch: usize): void {
  const rate = load<f32>(p.rate);
  const step = f32x4.splat(rate * load<f32>(p.correction1));
  const correction2 = f32x4.splat(load<f32>(p.correction2));
  const beta1 = f32x4.splat(p.beta1),
    rest1 = f32x4.splat(p.rest1),
    beta2 = f32x4.splat(p.beta2),
    rest2 = f32x4.splat(p.rest2),
    epsilon = f32x4.splat(p.epsilon);
  const starts = p.starts + ((<usize>task) << 2);
  for (let i = load<i32>(starts), end = load<i32>(starts, 4); i < end; i++) {
    const piece = changetype<Piece>(p.pieces + <usize>i * offsetof<Piece>());
    const decay = load<f32>(p.decays + ((<usize>i) << 2));
    const kept = f32x4.splat(p.decoupled ? <f32>1 - rate * decay : 1);
    const added = f32x4.splat(p.decoupled ? 0 : decay);
    let parameter = piece.parameter,
      gradient = piece.gradient,
      m = piece.m,
      v = piece.v;
    for (let rest = piece.count; rest > 0; rest -= 4) {
      const w = loadLanes(parameter, rest);
      const g = madd(w, added, loadLanes(gradient, rest));
      const first = madd(loadLanes(m, rest), beta1, f32x4.mul(g, rest1));
      const second = madd(loadLanes(v, rest), beta2, f32x4.mul(f32x4.mul(g, g), rest2));
      storeLanes(m, first, rest);
      storeLanes(v, second, rest);
      const size = f32x4.add(f32x4.sqrt(f32x4.mul(second, correction2)), epsilon);
      storeLanes(parameter, f32x4.sub(f32x4.mul(w, kept), f32x4.div(f32x4.mul(first, step), size)), rest);
      parameter += 16;
      gradient += 16;
      m += 16;
      v += 16;
    }
  }
}

@unmanaged
export class SgdParameters {
  /** Pieces of all tasks, and where those of a task begin: [tasks + 1]. */
  pieces: usize;
  starts: usize;
  /** Weight decay of every piece. */
  decays: usize;
  /** Scalar: learning rate. */
  rate: usize;
  momentum: f32;
  nesterov: i32;
}

/** Stochastic gradient descent over the pieces of a task, with momentum where pieces have slots for it. */
export function sgd(p: SgdParameters, task: i32, scratch: usize): void {
  const rate = f32x4.splat(-load<f32>(p.rate));
  const momentum = f32x4.splat(p.momentum);
  const starts = p.starts + ((<usize>task) << 2);
  for (let i = load<i32>(starts), end = load<i32>(starts, 4); i < end; i++) {
    const piece = changetype<Piece>(p.pieces + <usize>i * offsetof<Piece>());
    const decay = f32x4.splat(load<f32>(p.decays + ((<usize>i) << 2)));
    let parameter = piece.parameter,
      gradient = piece.gradient,
      m = piece.m;
    for (let rest = piece.count; rest > 0; rest -= 4) {
      const w = loadLanes(parameter, rest);
      const g = madd(w, decay, loadLanes(gradient, rest));
      let step = g;
      if (m) {
        const velocity = madd(loadLanes(m, rest), momentum, g);
        storeLanes(m, velocity, rest);
        step = p.nesterov ? madd(velocity, momentum, g) : velocity;
        m += 16;
      }
      storeLanes(parameter, madd(step, rate, w), rest);
      parameter += 16;
      gradient += 16;
    }
  }
}

@unmanaged
export class EmaParameters {
  state: usize;
  value: usize;
  /** Scalar: the share of the state that stays. */
  decay: usize;
  length: i32;
  /** Elements of a task. */
  share: i32;
}

/** Exponential moving average: state decay + value (1 - decay). */
export function ema(p: EmaParameters, task: i32, scratch: usize): void {
  const decay = load<f32>(p.decay);
  const kept = f32x4.splat(decay);
  const added = f32x4.splat(<f32>1 - decay);
  const first = task * p.share;
  let state = p.state + ((<usize>first) << 2);
  let value = p.value + ((<usize>first) << 2);
  for (let rest = min(p.share, p.length - first); rest > 0; rest -= 4) {
    storeLanes(state, madd(loadLanes(state, rest), kept, f32x4.mul(loadLanes(value, rest), added)), rest);
    state += 16;
    value += 16;
  }
}
