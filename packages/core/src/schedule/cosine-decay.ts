import { portableCos } from '../random/portable-math.ts';
import { checkOption } from './check.ts';
import { named } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { warmUpShare } from './warm-up.ts';

/** Options of {@link cosineDecay}. */
export interface CosineDecayOptions {
  /** The largest learning rate. */
  readonly learningRate: number;
  /** Learning rate that the run ends with, in [0, learningRate]. Default 0. */
  readonly final?: number;
  /** Epochs of linear warm-up before it; parts of an epoch are allowed. Default 0. */
  readonly warmUpEpochs?: number;
}

/**
 * Half a cosine wave from the learning rate to the final one, step by step (Loshchilov and Hutter 2017, without
 * restarts), after a linear warm-up. With W warm-up steps of T, step s (from 0) has
 * `learningRate (s + 1) / W` where s < W, and else `final + (learningRate - final) (1 + cos(pi (s - W) / (T - W))) / 2`.
 * Steps beyond T keep the final rate.
 *
 * @throws OptionError where a number is out of range.
 * @example cosineDecay({ learningRate: 2e-3, warmUpEpochs: 1 })
 */
export function cosineDecay({ learningRate, final = 0, warmUpEpochs = 0 }: CosineDecayOptions): Schedule {
  checkOption('cosineDecay', 'learningRate', learningRate, { from: 0 });
  checkOption('cosineDecay', 'final', final, { from: 0, to: learningRate });
  checkOption('cosineDecay', 'warmUpEpochs', warmUpEpochs, { from: 0 });
  return named({ schedule: 'cosine', learningRate, final, warmUpEpochs }, (at) => {
    const warm = warmUpEpochs * at.stepsPerEpoch;
    if (at.step < warm) return learningRate * warmUpShare(at, warm);
    const total = at.epochs * at.stepsPerEpoch;
    if (at.step >= total) return final;
    const passed = (at.step - warm) / (total - warm);
    return final + (learningRate - final) * (0.5 * (1 + portableCos(Math.PI * passed)));
  });
}
