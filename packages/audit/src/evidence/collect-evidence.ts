import { ce, measureNormalization, predict, predictedLabels, train } from '@selfcure/core';
import type { Callback, Dataset, Predictions, Run } from '@selfcure/core';
import { dealFolds, partOf } from './folds.ts';
import type { Evidence, EvidenceOptions } from './evidence.ts';
import { passMeans, withPassMeans } from './pass-means.ts';

/**
 * Trains and collects what the network says of every sample and its given label. Verified labels of the data set are not used: what is
 * said of those samples stays comparable with the rest.
 *
 * One run costs one training; what it says of a sample is averaged over its training passes, each before the step that learns from it. With
 * folds it costs as many trainings; a sample is judged by the network that has not trained on it.
 *
 * @param together samples that no two folds may share, such as copies of one image.
 * @returns null where the signal ended it; with `states` the same options go on from there.
 * @throws what `train` throws; OptionError where folds are out of range.
 */
export async function collectEvidence(
  options: EvidenceOptions,
  together: readonly (readonly number[])[] = [],
): Promise<Evidence | null> {
  const { folds, data } = options;
  const normalization = options.normalization ?? (await measureNormalization(data));
  const given = withoutVerified(data);
  return folds === undefined
    ? overEpochs({ ...options, normalization, data: given })
    : outOfFolds({ ...options, normalization, data: given, folds }, together);
}

/** The labels as they were given. */
function withoutVerified({ name, size, classes, shape, labels, fingerprint, ...data }: Dataset): Dataset {
  return { name, size, classes, shape, labels, fingerprint, read: (ids) => data.read(ids) };
}

async function overEpochs(options: EvidenceOptions): Promise<Evidence | null> {
  const { data, epochs, recipe = ce() } = options;
  const classes = data.classes.length;
  const run = await trainOnce({ ...options, recipe: withPassMeans(recipe) }, data, null);
  if (run.end !== 'finished') return null;
  const { probabilities, loss, importance } = passMeans(run.rows);
  // A batch that is not full leaves its samples out of an epoch.
  const missed = run.rows.samples.filter((i) => run.rows.passes[i] === 0);
  if (missed.length > 0) {
    const said = await predictWith(options, run, partOf(data, missed, 'not passed'));
    missed.forEach((sample, row) => {
      const p = said.probabilities.subarray(row * classes, (row + 1) * classes);
      probabilities.set(p, sample * classes);
      loss[sample] = lossOf(p[data.labels[sample]!]!);
      if (importance && said.importance) importance[sample] = said.importance[row]!;
    });
  }
  return {
    probabilities,
    loss,
    importance,
    foldDisagreement: null,
    fit: fitOf(run),
    source: `one network, averaged over its ${epochs} training ${epochs === 1 ? 'pass' : 'passes'}`,
  };
}

async function outOfFolds(
  options: EvidenceOptions & { readonly folds: number },
  together: readonly (readonly number[])[],
): Promise<Evidence | null> {
  const { data, folds, seed = 0 } = options;
  const classes = data.classes.length;
  const foldOf = dealFolds({ labels: data.labels, folds, seed, together });
  const probabilities = new Float32Array(data.size * classes);
  const loss = new Float32Array(data.size);
  const disagreement = new Float32Array(data.size);
  let importance: Float32Array | null = null;
  for (let fold = 0; fold < folds; fold++) {
    const others = Int32Array.from([...foldOf.keys()].filter((i) => foldOf[i] !== fold));
    const run = await trainOnce(options, partOf(data, others, `without fold ${fold + 1} of ${folds}`), fold);
    if (run.end !== 'finished') return null;
    const said = await predictWith(options, run, data);
    if (said.importance) importance ??= new Float32Array(data.size);
    for (let i = 0; i < data.size; i++) {
      const row = said.probabilities.subarray(i * classes, (i + 1) * classes);
      const trust = row[data.labels[i]!]!;
      if (foldOf[i] !== fold) {
        disagreement[i]! += trust / (folds - 1);
        continue;
      }
      probabilities.set(row, i * classes);
      loss[i] = lossOf(trust);
      disagreement[i]! -= trust;
      if (importance) importance[i] = said.importance![i]!;
    }
  }
  return {
    probabilities,
    loss,
    importance,
    foldDisagreement: disagreement,
    fit: null,
    source: `${folds} networks, each judging the samples that it has not trained on`,
  };
}

function fitOf({ rows: { probabilities, given, classes, passes } }: Run): number {
  const predicted = predictedLabels(probabilities, classes);
  const seen = [...passes.keys()].filter((i) => passes[i]! > 0);
  return seen.filter((i) => predicted[i] === given[i]).length / Math.max(1, seen.length);
}

const lossOf = (p: number): number => -Math.log(Math.max(p, 1e-6));

async function trainOnce(
  {
    backend,
    model,
    recipe = ce(),
    epochs,
    batchSize,
    seed,
    optimizer,
    augmentation,
    normalization,
    initialWeights,
    folds,
    onEpoch,
    states,
    signal,
  }: EvidenceOptions,
  data: Dataset,
  fold: number | null,
): Promise<Run> {
  const tell: Callback = {
    name: 'Evidence',
    onEpochEnd: async ({ log, state }) => {
      await states?.write(fold, state);
      onEpoch?.({ fold, folds: folds ?? null, epochs, log });
    },
  };
  const resume = await states?.read(fold);
  const run = await train({
    backend,
    model,
    recipe,
    data,
    epochs,
    ...(batchSize !== undefined && { batchSize }),
    ...(seed !== undefined && { seed }),
    ...(optimizer && { optimizer }),
    ...(augmentation && { augmentation }),
    ...(normalization && { normalization }),
    ...(initialWeights && { initialWeights }),
    ...(signal && { signal }),
    ...(resume && { resume }),
    callbacks: [tell],
  });
  if (run.end === 'paused') await states?.write(fold, run.state);
  return run;
}

function predictWith({ backend, batchSize }: EvidenceOptions, { model }: Run, data: Dataset): Promise<Predictions> {
  return predict({ backend, model, data, ...(batchSize !== undefined && { batchSize }) });
}
