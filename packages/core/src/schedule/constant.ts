import { checkOption } from './check.ts';
import { named } from './schedule.ts';
import type { Schedule } from './schedule.ts';

/**
 * The same learning rate at every step.
 *
 * @throws OptionError where it is negative or not finite.
 * @example constant(1e-3)
 */
export function constant(learningRate: number): Schedule {
  checkOption('constant', 'learningRate', learningRate, { from: 0 });
  return named(learningRate, () => learningRate);
}
