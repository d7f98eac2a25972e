import { slotName } from '@selfcure/tensor';
import { OptionError } from '../errors.ts';
import { describeSchedule } from '../schedule/schedule.ts';
import type { Schedule } from '../schedule/schedule.ts';
import { asSchedule, checkDecay, decayOf, describeDecay } from './optimizer.ts';
import type { Optimizer, WeightDecay } from './optimizer.ts';

/** Options of {@link sgd}; the semantics are PyTorch's. */
export interface SgdOptions {
  /** Default 0.1 (the paper's, section 4.2). */
  readonly learningRate?: number | Schedule;
  /** Default 0.9. */
  readonly momentum?: number;
  /** Default false. */
  readonly nesterov?: boolean;
  /** L2, coupled. Default 0. */
  readonly weightDecay?: WeightDecay;
}

/**
 * Stochastic gradient descent with momentum: u <- momentum u + g, p <- p - rate u.
 *
 * @throws OptionError where the momentum is outside [0, 1), nesterov comes without one, or a rate is below 0.
 * @example const optimizer = sgd({ learningRate: stepDecay({ learningRate: 0.1, epochs: [15, 30] }) });
 */
export function sgd({
  learningRate = 0.1,
  momentum = 0.9,
  nesterov = false,
  weightDecay = 0,
}: SgdOptions = {}): Optimizer {
  if (!(momentum >= 0 && momentum < 1)) throw new OptionError(`sgd: momentum ${momentum} is outside [0, 1)`);
  if (nesterov && momentum === 0) throw new OptionError('sgd: nesterov needs a momentum above 0. 0.9 is usual');
  checkDecay('sgd', weightDecay);
  const schedule = asSchedule(learningRate);
  return {
    name: 'sgd',
    options: {
      learningRate: describeSchedule(schedule),
      momentum,
      nesterov,
      weightDecay: describeDecay(weightDecay),
    },
    update: (ops, parameters) => {
      if (momentum !== 0)
        for (const { name, parameter } of parameters) ops.slot(slotName(name, 'momentum'), parameter.shape);
      ops.call('sgd', [ops.input('learningRate', []), ...parameters.map(({ gradient }) => gradient)], {
        parameters: parameters.map(({ name }) => name),
        weightDecay: parameters.map(({ name }) => decayOf(weightDecay, name)),
        momentum,
        nesterov,
      });
    },
    scalars: (time) => ({ learningRate: schedule(time) }),
  };
}
