import { transitionFromVerified, withPassMeans } from '@selfcure/audit';
import { adam, cosineDecay, measuredOnProbes, predict, score, train } from '@selfcure/core';
import type { Dataset, Evaluation, Method, Model, Predictions, Run, TrainState } from '@selfcure/core';
import { createParts } from '@selfcure/core/app';
import { modelByName } from '@selfcure/models';
import type { Backend, NamedArrays } from '@selfcure/tensor';
import type { RecipeSpec, RunOutcome, RunSpec } from '../spec/run-spec.ts';
import { correctedTests } from './corrections.ts';
import { augmentationOf, loadSets } from './data.ts';
import type { ReadFer, RunSets } from './data.ts';
import { figuresOf } from './figures.ts';

/** Weights of a backbone by name. */
export type BackboneWeights = Readonly<Record<string, Float32Array>>;

/** Where a run happens. */
export interface RunPlace {
  readonly backend: Backend;
  /** Reads FER2013 and FER+; needed where a spec has data of that kind. */
  readonly readFer: ReadFer;
  /** State of an interrupted run, and where the state goes of every finished epoch and of a run that is ended by the signal. */
  readonly resume?: TrainState;
  readonly onState?: (state: TrainState) => void | Promise<void>;
  readonly signal?: { readonly aborted: boolean };
  /** Told after every epoch. */
  readonly onEpoch?: (epoch: number, epochs: number) => void;
  /** The backbone of a pretraining that was run before; null where there is none: it is then trained here first. */
  readonly pretrained?: (spec: RunSpec) => Promise<BackboneWeights | null>;
  /** Told of the trained backbone, so that a pretraining can be kept for the runs that start from it. */
  readonly onBackbone?: (weights: BackboneWeights) => void | Promise<void>;
}

/**
 * Runs one spec: data, training, evaluation of the last epoch and of the best by validation, and figures.
 *
 * @returns the outcome; null where the signal ended the run.
 * @throws OptionError or DataError where the spec is not sound; TrainError where the run fails.
 * @example const { figures } = (await runSpec(spec, { backend: await wasm(), readFer: (folder) => readFerFiles({ folder }) }))!;
 */
export async function runSpec(spec: RunSpec, place: RunPlace): Promise<RunOutcome | null> {
  const { backend, resume } = place;
  const { name, capabilities } = backend;
  const first = spec.pretrain && !resume ? await backboneFor(spec.pretrain, place) : null;
  if (spec.pretrain && !resume && !first) return null;
  const sets = await loadSets(spec, place.readFer);
  const run = await trainSpec(spec, sets, place, first);
  if (run.end !== 'finished') return null;
  await place.onBackbone?.(backboneOf(run));
  const scored = (predictions: Predictions): Evaluation =>
    score(predictions, sets.test.labels, sets.test.classes.length);
  const predictions = await predict({ backend, model: run.model, data: sets.test });
  const best = run.best && scored(await predict({ backend, model: run.best.model, data: sets.test }));
  const corrected = spec.verified > 0 ? await correctedTests({ backend, model: run.model, sets, predictions }) : null;
  return {
    figures: figuresOf({ run, test: scored(predictions), best, corrected, truth: sets.train.truth }),
    curves: curvesOf(run),
    warnings: run.warnings.map(({ message }) => message),
    engine: { name, device: capabilities.device, precision: capabilities.precision },
  };
}

/** Trains a spec, and hands its state on. */
async function trainSpec(
  spec: RunSpec,
  sets: RunSets,
  { backend, resume, signal, onState, onEpoch }: Omit<RunPlace, 'readFer'>,
  initialWeights: BackboneWeights | null,
): Promise<Run> {
  const augmentation = augmentationOf(spec);
  const run = await train({
    backend,
    model: modelOf(spec, sets.train),
    recipe: methodOf(spec.recipe, sets),
    data: sets.train,
    validation: sets.validation,
    keepBest: 'validation/accuracy',
    epochs: spec.epochs,
    batchSize: spec.batchSize,
    seed: spec.seed,
    optimizer: optimizerOf(spec),
    ...(augmentation && { augmentation }),
    ...(initialWeights && { initialWeights }),
    ...(signal && { signal }),
    ...(resume && { resume }),
    callbacks: [
      {
        name: 'State',
        onEpochEnd: async ({ epoch, epochs, state }) => {
          await onState?.(state);
          onEpoch?.(epoch, epochs);
        },
      },
    ],
  });
  if (run.end === 'paused') await onState?.(run.state);
  return run;
}

const modelOf = ({ model }: RunSpec, { shape, classes }: Dataset): Model =>
  modelByName(model.name, { size: shape[0], channels: shape[2], classes: classes.length, width: model.width });

const optimizerOf = ({ learningRate, weightDecay }: RunSpec) =>
  adam({ learningRate: cosineDecay({ learningRate, warmUpEpochs: 1 }), weightDecay });

/** The method of a recipe, which keeps what an audit reads; verified samples are its probes. */
function methodOf(recipe: RecipeSpec, sets: RunSets): Method {
  const method = withPassMeans(methodByName(recipe, sets));
  const { verified } = sets.train;
  return verified ? measuredOnProbes(method, verified) : method;
}

/** A transition matrix `'verified'` is estimated from the verified labels. */
function methodByName(
  { transition, ...recipe }: RecipeSpec,
  { train: { labels, verified, classes } }: RunSets,
): Method {
  const parts = createParts();
  if (transition === undefined) return parts.method(recipe);
  const matrix =
    transition === 'verified'
      ? transitionFromVerified({ given: labels, verified: verified ?? [], classes: classes.length, stratified: true })
          .matrix
      : transition;
  return parts.method({ ...recipe, transition: matrix });
}

/** The backbone of a pretraining, trained here where it was not before; null where the signal ended it. */
async function backboneFor(spec: RunSpec, place: RunPlace): Promise<BackboneWeights | null> {
  const known = await place.pretrained?.(spec);
  if (known) return known;
  const { backend, signal } = place;
  const run = await trainSpec(
    spec,
    await loadSets(spec, place.readFer),
    { backend, ...(signal && { signal }) },
    spec.pretrain && (await backboneFor(spec.pretrain, place)),
  );
  return run.end === 'finished' ? backboneOf(run) : null;
}

/** Weights of the backbone; heads are drawn anew by whoever starts from it. */
const backboneOf = (run: Run): BackboneWeights =>
  Object.fromEntries(
    Object.entries(run.model.weights as NamedArrays).flatMap(([name, values]) =>
      /^(classifier|importance)\//.test(name) ? [] : [[name, Float32Array.from(values)]],
    ),
  );

function curvesOf({ history }: Run): Record<string, readonly number[]> {
  const names = ['loss', 'accuracy', 'importance', 'noise', 'edited', 'out', 'validation/accuracy', 'term/rank/active'];
  return Object.fromEntries(
    names.flatMap((name) => (history.epochs.some((log) => name in log) ? [[name, history.series(name)]] : [])),
  );
}
