import type { NamedArrays, Program, State } from '@selfcure/tensor';
import type { Callback, RunWarning } from '../callback/callback.ts';
import { createHistory } from '../callback/history.ts';
import type { EpochLog } from '../callback/history.ts';
import { measureNormalization } from '../data/normalization.ts';
import type { Normalization } from '../data/normalization.ts';
import { CheckpointError } from '../errors.ts';
import { predictWith } from '../evaluate.ts';
import { hasHead } from '../head/head.ts';
import type { Images, Predictions } from '../evaluate.ts';
import { createLedger, restoreLedger } from '../ledger/label-ledger.ts';
import type { LabelLedger } from '../ledger/label-ledger.ts';
import type { EpochPlan } from '../method.ts';
import { adam } from '../optimizer/adam.ts';
import type { Optimizer } from '../optimizer/optimizer.ts';
import { firstValues } from './initial-state.ts';
import { checkOptions, defaultBatchSize, fingerprintOf } from './options.ts';
import type { TrainOptions } from './options.ts';
import type { Run, RunEnd } from './run.ts';
import { checkAgreement, openExchange } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import { createSampleMemory } from './sample-memory.ts';
import type { SampleMemory } from './sample-memory.ts';
import { shareOut, workersOf } from './shards.ts';
import type { Shards } from './shards.ts';
import type { BestEpoch, TrainState } from './state.ts';
import { columnsOf, evaluationStep, trainingStep } from './step.ts';
import { evaluationWeights, readEvaluationWeights } from './trained-model.ts';
import type { TrainedModel } from './trained-model.ts';
import { createYield } from './yield.ts';

/** Where a run stands; the only thing of a session that is replaced as it goes. */
export interface Position {
  /** Epoch under way, 1-based. */
  epoch: number;
  /** Steps done in it. */
  step: number;
  plan: EpochPlan;
  sums: Record<string, number>;
  best: BestEpoch | null;
}

/** A run with everything it needs: options, programs, labels, memory, position. */
export interface Session {
  readonly options: TrainOptions;
  readonly optimizer: Optimizer;
  /** Samples of a step, over all workers. */
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  readonly shards: Shards;
  readonly exchange: Exchange;
  readonly seed: number;
  readonly normalization: Normalization;
  readonly callbacks: readonly Callback[];
  readonly fingerprint: string;
  readonly program: Program;
  readonly evaluation: Program;
  readonly state: State;
  readonly ledger: LabelLedger;
  readonly memory: SampleMemory;
  readonly logs: EpochLog[];
  readonly warnings: RunWarning[];
  /** Awaited after every step; see {@link createYield}. */
  readonly rest: () => Promise<void>;
  readonly at: Position;
}

/** Checks options, compiles the step, and makes or restores state, labels and memory. */
export async function openSession(options: TrainOptions): Promise<Session> {
  checkOptions(options);
  const { backend, model, recipe: method, data, seed = 0, batchSize = defaultBatchSize, resume } = options;
  const optimizer = options.optimizer ?? adam();
  const workers = workersOf(backend);
  const shards = shareOut(data.size, options.shards ?? workers.count, workers);
  const graph = trainingStep({
    model,
    method,
    batchSize: batchSize / workers.count,
    shards: shards.own.length,
    workers: workers.count,
    optimizer,
    ...(options.clip && { clip: options.clip }),
    averageWeights: options.weightAverage !== undefined,
    ...(options.frozen && { frozen: options.frozen }),
  });
  const trained = graph.nodes.flatMap((node) => (node.attributes['parameters'] as readonly string[] | undefined) ?? []);
  const run = fingerprintOf(options, optimizer, trained);
  const fingerprint = workers.count > 1 ? `${run}, worker ${workers.index} of ${workers.count}` : run;
  if (resume && resume.fingerprint !== fingerprint) {
    throw new CheckpointError(
      `resume: the state belongs to another run: ${resume.fingerprint}; this one is ${fingerprint}`,
    );
  }
  const ledger = openLedger(options);
  const memory = openMemory(options, resume);
  const normalization = resume?.normalization ?? options.normalization ?? (await measureNormalization(data));
  const first = resume?.weights ?? firstValues(graph.state, seed, options.initialWeights);

  const opened: { dispose(): void }[] = [];
  const keep = <T extends { dispose(): void }>(part: T): T => {
    opened.push(part);
    return part;
  };
  try {
    const exchange = keep(await openExchange(backend));
    const start = { epoch: resume?.epoch ?? 1, step: resume?.step ?? 0 };
    await checkAgreement(exchange, workers, { run, ...start });
    return {
      options,
      optimizer,
      batchSize,
      shards,
      exchange,
      seed,
      normalization,
      fingerprint,
      ledger,
      memory,
      program: keep(await backend.compile(graph)),
      evaluation: keep(await backend.compile(evaluationStep({ model, method, batchSize }))),
      state: keep(await backend.createState(graph.state, first)),
      stepsPerEpoch: Math.floor(Math.floor(data.size / shards.count) / (batchSize / shards.count)),
      callbacks: options.callbacks ?? [],
      logs: [...(resume?.history ?? [])],
      warnings: [...(resume?.warnings ?? [])],
      rest: createYield(),
      at: {
        ...start,
        plan: resume?.plan ?? {},
        sums: { ...resume?.sums },
        best: resume?.best ?? null,
      },
    };
  } catch (error) {
    for (const part of opened) part.dispose();
    throw error;
  }
}

/** The labels of a new run, or restored ones with what has been verified since. */
function openLedger({ data, model, resume }: TrainOptions): LabelLedger {
  const { verified } = data;
  if (!resume) return createLedger({ given: data.labels, classes: model.classes, ...(verified && { verified }) });
  const ledger = restoreLedger(resume.ledger, model.classes);
  verified?.forEach((label, sample) => {
    if (label >= 0 && !(ledger.verified[sample] && ledger.current[sample] === label))
      ledger.verify(sample, label, resume.epoch);
  });
  return ledger;
}

function openMemory({ data, model, recipe }: TrainOptions, from?: TrainState): SampleMemory {
  return createSampleMemory({
    size: data.size,
    classes: model.classes,
    columns: columnsOf(recipe),
    importance: hasHead(recipe, 'importance'),
    weighted: recipe.logits !== undefined,
    ...(from && { from: from.memory }),
  });
}

/** Epoch under way, within the planned ones. */
export function timeOf({ at, options }: Session): { epoch: number; epochs: number } {
  return { epoch: Math.min(at.epoch, options.epochs), epochs: options.epochs };
}

/** The whole state of a run as plain data; `weights` where they have been read already. */
export async function snapshot(
  { at, fingerprint, state, ledger, memory, logs, warnings, normalization }: Session,
  weights?: NamedArrays,
): Promise<TrainState> {
  return {
    fingerprint,
    epoch: at.epoch,
    step: at.step,
    weights: weights ?? (await state.read()),
    ledger: ledger.data(),
    memory: memory.arrays(),
    plan: at.plan,
    sums: { ...at.sums },
    history: [...logs],
    warnings: [...warnings],
    normalization,
    best: at.best,
  };
}

/** Names of the weights that evaluation uses. */
export function evaluationNames({ evaluation }: Pick<Session, 'evaluation'>): string[] {
  return evaluation.graph.state.map((spec) => spec.name);
}

/** Predictions of the network as it stands, with averaged weights where they are kept. */
export async function predictNow(
  { options, evaluation, state, batchSize, normalization }: Session,
  data: Images,
): Promise<Predictions> {
  const { backend, model, recipe: method, weightAverage } = options;
  const averaged =
    weightAverage === undefined
      ? null
      : await backend.createState(
          evaluation.graph.state,
          await readEvaluationWeights(state, evaluationNames({ evaluation })),
        );
  try {
    return await predictWith({
      program: evaluation,
      state: averaged ?? state,
      model,
      method,
      batchSize,
      data,
      normalization,
    });
  } finally {
    averaged?.dispose();
  }
}

/** What a run gives back, as of a snapshot. */
export function resultOf(session: Session, end: RunEnd, state: TrainState): Run {
  const { options, normalization } = session;
  const { model, recipe: method, data } = options;
  const trained = (weights: TrainedModel['weights']): TrainedModel => ({
    model,
    method,
    classes: data.classes,
    normalization,
    weights,
  });
  const ledger = restoreLedger(state.ledger, model.classes);
  const { best } = state;
  return {
    end,
    history: createHistory(state.history),
    ledger,
    rows: openMemory(options, state).all(ledger, timeOf(session)),
    model: trained(evaluationWeights(state.weights, evaluationNames(session))),
    best: best && { epoch: best.epoch, value: best.value, model: trained(best.weights) },
    warnings: state.warnings,
    state,
  };
}

/** Frees what the session holds on the engine. */
export function closeSession({ state, program, evaluation, exchange }: Session): void {
  exchange.dispose();
  state.dispose();
  program.dispose();
  evaluation.dispose();
}
