import type { NamedArrays } from '@selfcure/tensor';
import type { EpochLog } from '../callback/history.ts';
import { score } from '../evaluate.ts';
import { logOf } from './epoch-sums.ts';
import { keepBest } from './keep-best.ts';
import { stageProposals } from './propose.ts';
import { predictNow, snapshot, timeOf } from './session.ts';
import type { Session } from './session.ts';
import type { TrainState } from './state.ts';
import { labelLog, watchRelabelling } from './watch.ts';

/**
 * Ends an epoch whose steps are done: decisions over all samples, then the barrier at which staged label changes take
 * effect, evaluation, log, warnings.
 *
 * @param weights the state of the network, read after the last step.
 * @returns the log and the state of the run, which already stands at the next epoch.
 */
export async function endEpoch(
  session: Session,
  weights: NamedArrays,
  started: number,
): Promise<{ log: EpochLog; state: TrainState }> {
  const { options, optimizer, stepsPerEpoch, callbacks, ledger, memory, logs, warnings, at } = session;
  const { recipe: method, data, model, validation, backend } = options;
  const { relabel } = method;
  if (relabel?.when === 'epoch') {
    const clean = relabel.pass === 'clean' ? (await predictNow(session, data)).probabilities : null;
    stageProposals(relabel, ledger, memory.all(ledger, timeOf(session), clean), -1);
  }
  const commit = ledger.commit();
  const scored = validation && score(await predictNow(session, validation), validation.labels, model.classes);
  const lastStep = at.epoch * stepsPerEpoch - 1;
  const { learningRate = 0 } = optimizer.scalars({
    step: lastStep,
    epoch: at.epoch,
    stepsPerEpoch,
    epochs: options.epochs,
  });
  const log: EpochLog = {
    ...logOf(at.sums, at.epoch, learningRate),
    ...(relabel && labelLog(ledger, commit, data.truth)),
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
  if (options.keepBest !== undefined) keepBest(session, log, options.keepBest, weights);
  for (const warning of relabel ? watchRelabelling(ledger, logs, log, data.truth) : []) {
    warnings.push(warning);
    for (const callback of callbacks) await callback.onWarning?.(warning);
  }
  Object.assign(at, { epoch: at.epoch + 1, step: 0, sums: {}, plan: {} });
  return { log, state: await snapshot(session, weights) };
}
