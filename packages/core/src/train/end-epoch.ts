import type { NamedArrays } from '@selfcure/tensor';
import type { EpochLog } from '../callback/history.ts';
import type { Dataset } from '../data/dataset.ts';
import { score } from '../evaluate.ts';
import type { Images } from '../evaluate.ts';
import { logOf } from './epoch-sums.ts';
import { keepBest } from './keep-best.ts';
import { stageProposals } from './propose.ts';
import { predictNow, snapshot, timeOf } from './session.ts';
import type { Session } from './session.ts';
import type { TrainState } from './state.ts';
import { countLabels, labelLog, watchRelabelling } from './watch.ts';

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
  const { options, optimizer, stepsPerEpoch, callbacks, ledger, memory, logs, warnings, shards, exchange, at } =
    session;
  const { recipe: method, data, model, validation, backend } = options;
  const { relabel } = method;
  const own = shards.own.map(({ samples }) => samples);
  if (relabel?.when === 'epoch') {
    for (const samples of own) {
      const clean =
        relabel.pass === 'clean' ? (await predictNow(session, selectSamples(data, samples))).probabilities : null;
      stageProposals(relabel, ledger, { ...memory.rows(samples, ledger, timeOf(session)), clean }, -1);
    }
  }
  const commit = await exchange.sum({ ...ledger.commit() });
  const counts = relabel && (await exchange.sum(countLabels(ledger, own, data.truth)));
  const scored = validation && score(await predictNow(session, validation), validation.labels, model.classes);
  const lastStep = at.epoch * stepsPerEpoch - 1;
  const { learningRate = 0 } = optimizer.scalars({
    step: lastStep,
    epoch: at.epoch,
    stepsPerEpoch,
    epochs: options.epochs,
  });
  const log: EpochLog = {
    ...logOf(await exchange.sum(at.sums), at.epoch, learningRate),
    ...(counts && labelLog(commit, counts)),
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
  for (const warning of counts ? watchRelabelling(ledger, logs, counts, data.truth) : []) {
    warnings.push(warning);
    for (const callback of callbacks) await callback.onWarning?.(warning);
  }
  Object.assign(at, { epoch: at.epoch + 1, step: 0, sums: {}, plan: {} });
  return { log, state: await snapshot(session, weights) };
}

/** The images of some samples. */
function selectSamples(data: Dataset, samples: Int32Array): Images {
  return {
    size: samples.length,
    shape: data.shape,
    read: (places) => data.read(Int32Array.from(places, (place) => samples[place]!)),
  };
}
