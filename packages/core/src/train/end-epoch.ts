import { monitorMode } from '../callback/history.ts';
import type { EpochLog } from '../callback/history.ts';
import { OptionError } from '../errors.ts';
import { score } from '../evaluate.ts';
import { logOf } from './epoch-sums.ts';
import { stageProposals } from './propose.ts';
import { predictNow, snapshot, timeOf } from './session.ts';
import type { Session } from './session.ts';
import type { TrainState } from './state.ts';
import { readEvaluationWeights } from './trained-model.ts';
import { labelLog, watchRelabelling } from './watch.ts';

/**
 * Ends an epoch whose steps are done: decisions over all samples, then the barrier at which staged label changes take
 * effect, evaluation, log, warnings.
 *
 * @returns the log and the state of the run, which already stands at the next epoch.
 */
export async function endEpoch(session: Session, started: number): Promise<{ log: EpochLog; state: TrainState }> {
  const { options, optimizer, stepsPerEpoch, callbacks, state, ledger, memory, logs, warnings, at } = session;
  const { recipe: method, data, model, validation, keepBest, backend } = options;
  if (method.propose) {
    const clean = method.needs.pass === 'clean' ? (await predictNow(session, data)).probabilities : null;
    stageProposals(method, ledger, memory.all(ledger, timeOf(session), clean), 'epoch', -1);
  }
  const commit = ledger.commit();
  const scored = validation && score(await predictNow(session, validation), validation.labels, model.classes);
  const lastStep = at.epoch * stepsPerEpoch - 1;
  const { learningRate = 0 } = optimizer.scalars({ step: lastStep, epoch: at.epoch, stepsPerEpoch, epochs: options.epochs });
  const log: EpochLog = {
    ...logOf(at.sums, at.epoch, learningRate),
    ...(method.propose && labelLog(ledger, commit, data.truth)),
    ...(scored && {
      'validation/accuracy': scored.accuracy,
      'validation/balancedAccuracy': scored.balancedAccuracy,
      'validation/negativeLogLikelihood': scored.negativeLogLikelihood,
      'validation/calibrationError': scored.calibrationError,
    }),
    values: backend.memory().values,
    seconds: (Date.now() - started) / 1000,
  };
  logs.push(log);
  if (keepBest !== undefined) await keep(session, log, keepBest);
  for (const warning of method.propose ? watchRelabelling(ledger, logs, log, data.truth) : []) {
    warnings.push(warning);
    for (const callback of callbacks) await callback.onWarning?.(warning);
  }
  Object.assign(at, { epoch: at.epoch + 1, step: 0, sums: {}, plan: {} });
  return { log, state: await snapshot(session) };

  async function keep({ at }: Session, { epoch }: EpochLog, monitor: string): Promise<void> {
    const value = log[monitor];
    if (value === undefined) {
      throw new OptionError(`keepBest: the log has no '${monitor}'. Known: ${Object.keys(log).join(', ')}. Validation values need the option validation`);
    }
    if (Number.isNaN(value)) return;
    const better = !at.best || (monitorMode(monitor) === 'max' ? value > at.best.value : value < at.best.value);
    if (better) at.best = { epoch, value, weights: await readEvaluationWeights(state) };
  }
}
