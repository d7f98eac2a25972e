import type { NamedArrays } from '@selfcure/tensor';
import { monitorMode } from '../callback/history.ts';
import type { EpochLog } from '../callback/history.ts';
import { OptionError } from '../errors.ts';
import { evaluationNames } from './session.ts';
import type { Session } from './session.ts';
import { evaluationWeights } from './trained-model.ts';

/**
 * Keeps the weights of an epoch whose monitored value is the best so far.
 *
 * @throws OptionError where the log has no such value.
 */
export function keepBest(session: Session, log: EpochLog, monitor: string, weights: NamedArrays): void {
  const { at } = session;
  const value = log[monitor];
  if (value === undefined)
    throw new OptionError(`keepBest: the log has no '${monitor}'. Known: ${Object.keys(log).join(', ')}`);
  if (Number.isNaN(value)) return;
  const better = !at.best || (monitorMode(monitor) === 'max' ? value > at.best.value : value < at.best.value);
  if (better) at.best = { epoch: log.epoch, value, weights: evaluationWeights(weights, evaluationNames(session)) };
}
