import { slotName } from '@selfcure/tensor';
import { OptionError } from '../errors.ts';
import { describeSchedule } from '../schedule/schedule.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { asSchedule, checkDecay, decayOf, describeDecay, wholePower } from './optimizer.ts';
import type { Optimizer, WeightDecay } from './optimizer.ts';

/** Options of {@link adam}; the defaults are PyTorch's. */
export interface AdamOptions {
  /** Default 1e-3. */
  readonly learningRate?: number | Schedule;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly weightDecay?: WeightDecay;
  /** Decay acts on the parameters (AdamW) and not on the gradients (L2, PyTorch's Adam). Default false. */
  readonly decoupled?: boolean;
}

/**
 * Adam (Kingma and Ba 2015) with L2-coupled weight decay as in PyTorch, or decoupled (Loshchilov and Hutter 2019).
 *
 * @throws OptionError where a number is out of range.
 * @example const optimizer = adam({ learningRate: cosineDecay({ learningRate: 2e-3, warmUpEpochs: 1 }), weightDecay: 1e-4 });
 */
export function adam({
  learningRate = 1e-3,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0,
  decoupled = false,
}: AdamOptions = {}): Optimizer {
  for (const [name, value] of [
    ['beta1', beta1],
    ['beta2', beta2],
  ] as const) {
    if (!(value >= 0 && value < 1)) throw new OptionError(`adam: ${name} ${value} is outside [0, 1)`);
  }
  if (!(epsilon > 0)) throw new OptionError(`adam: epsilon ${epsilon} is not positive`);
  checkDecay('adam', weightDecay);
  const schedule = asSchedule(learningRate);
  return {
    name: 'adam',
    options: {
      learningRate: describeSchedule(schedule),
      beta1,
      beta2,
      epsilon,
      decoupled,
      weightDecay: describeDecay(weightDecay),
    },
    update: (ops, parameters) => {
      for (const { name, parameter } of parameters) {
        ops.slot(slotName(name, 'm'), parameter.shape);
        ops.slot(slotName(name, 'v'), parameter.shape);
      }
      const scalars = ['learningRate', 'correction1', 'correction2'].map((name) => ops.input(name, []));
      ops.call('adam', [...scalars, ...parameters.map(({ gradient }) => gradient)], {
        parameters: parameters.map(({ name }) => name),
        weightDecay: parameters.map(({ name }) => decayOf(weightDecay, name)),
        beta1,
        beta2,
        epsilon,
        decoupled,
      });
    },
    scalars: (time) => ({
      learningRate: schedule(time),
      correction1: 1 / (1 - wholePower(beta1, time.step + 1)),
      correction2: 1 / (1 - wholePower(beta2, time.step + 1)),
    }),
  };
}
