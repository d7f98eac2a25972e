import type { Json, Ops, Tensor } from '@selfcure/tensor';
import { OptionError } from '../errors.ts';
import { constant } from '../schedule/constant.ts';
import type { Schedule, ScheduleTime } from '../schedule/schedule.ts';

/** A parameter and the gradient of the loss for it. */
export interface ParameterGradient {
  readonly name: string;
  readonly parameter: Tensor;
  readonly gradient: Tensor;
}

/** Updates parameters inside the training step. */
export interface Optimizer {
  readonly name: string;
  /** Options as plain data, for the manifest. */
  readonly options: Json;
  /** Records the update; learning rate and other changing numbers are scalar inputs of the step. */
  update(ops: Ops, parameters: readonly ParameterGradient[]): void;
  /** Values of those scalar inputs for one step. */
  scalars(time: ScheduleTime): Readonly<Record<string, number>>;
}

/** L2 coefficient of the parameters whose name contains `match`; the first rule that matches counts. */
export interface WeightDecayRule {
  readonly match: string;
  readonly value: number;
}

/** One coefficient for every parameter, or rules by name, such as `[{ match: '/bn/', value: 0 }, { match: '', value: 1e-4 }]`. */
export type WeightDecay = number | readonly WeightDecayRule[];

/** Coefficient of one parameter; 0 where no rule matches. */
export function decayOf(decay: WeightDecay, name: string): number {
  if (typeof decay === 'number') return decay;
  return decay.find(({ match }) => name.includes(match))?.value ?? 0;
}

/** The learning rate as a schedule; a number is checked. */
export function asSchedule(learningRate: number | Schedule): Schedule {
  return typeof learningRate === 'number' ? constant(learningRate) : learningRate;
}

/** Refuses coefficients below 0. */
export function checkDecay(optimizer: string, decay: WeightDecay): void {
  for (const value of typeof decay === 'number' ? [decay] : decay.map((rule) => rule.value)) {
    if (!(value >= 0 && value < Infinity))
      throw new OptionError(`${optimizer}: weightDecay ${value} is not a number from 0. 1e-4 is usual`);
  }
}

/** A weight decay as plain data. */
export function describeDecay(decay: WeightDecay): Json {
  return typeof decay === 'number' ? decay : decay.map((rule) => ({ ...rule }));
}

/** `base^exponent` for whole exponents from 0 by multiplications alone, so that every engine gives the same bits. */
export function wholePower(base: number, exponent: number): number {
  let result = 1;
  let factor = base;
  for (let k = exponent; k > 0; k = Math.floor(k / 2)) {
    if (k % 2 === 1) result *= factor;
    factor *= factor;
  }
  return result;
}
