import type { Program, State } from '@selfcure/tensor';
import type { Callback, RunWarning } from '../callback/callback.ts';
import { createHistory } from '../callback/history.ts';
import type { EpochLog } from '../callback/history.ts';
import type { Dataset } from '../data/dataset.ts';
import { measureNormalization } from '../data/normalization.ts';
import type { Normalization } from '../data/normalization.ts';
import { CheckpointError } from '../errors.ts';
import { predictWith } from '../evaluate.ts';
import type { Predictions } from '../evaluate.ts';
import { createLedger, fromData } from '../ledger/label-ledger.ts';
import type { LabelLedger } from '../ledger/label-ledger.ts';
import type { EpochPlan } from '../method.ts';
import { adam } from '../optimizer/adam.ts';
import type { Optimizer } from '../optimizer/optimizer.ts';
import { initialState } from './initial-state.ts';
import { checkOptions, fingerprintOf } from './options.ts';
import type { TrainOptions } from './options.ts';
import type { Run, RunEnd } from './run.ts';
import { createSampleMemory } from './sample-memory.ts';
import type { SampleMemory } from './sample-memory.ts';
import type { BestEpoch, TrainState } from './state.ts';
import { evaluationStep, trainingStep } from './step.ts';
import { evaluationWeights, readEvaluationWeights } from './trained-model.ts';
import type { TrainedModel } from './trained-model.ts';

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
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
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
  readonly at: Position;
}

/** Checks options, compiles the step, and makes or restores state, labels and memory. */
export async function openSession(options: TrainOptions): Promise<Session> {
  checkOptions(options);
  const { backend, model, recipe: method, data, seed = 0, batchSize = 32, resume } = options;
  const optimizer = options.optimizer ?? adam();
  const fingerprint = fingerprintOf({ ...options, optimizer });
  if (resume && resume.fingerprint !== fingerprint) {
    throw new CheckpointError(
      `resume: the state belongs to another run. Its options: ${resume.fingerprint}; these: ${fingerprint}. Use the same options, or start anew`,
    );
  }
  const normalization = options.normalization ?? (await measureNormalization(data));
  const step = { model, method, batchSize };
  const graph = trainingStep({
    ...step,
    optimizer,
    ...(options.clip && { clip: options.clip }),
    ...(options.weightAverage !== undefined && { weightAverage: options.weightAverage }),
    ...(options.frozen && { frozen: options.frozen }),
  });
  const program = await backend.compile(graph);
  const evaluation = await backend.compile(evaluationStep(step));
  const first = resume?.weights ?? { ...initialState(graph.state, seed), ...options.initialWeights };
  return {
    options, optimizer, batchSize, seed, normalization, fingerprint, program, evaluation,
    stepsPerEpoch: Math.floor(data.size / batchSize),
    callbacks: options.callbacks ?? [],
    state: await backend.createState(graph.state, first),
    ledger: resume
      ? fromData(resume.ledger, model.classes)
      : createLedger({ given: data.labels, classes: model.classes, ...(data.verified && { verified: data.verified }) }),
    memory: openMemory(options, resume),
    logs: [...(resume?.history ?? [])],
    warnings: [],
    at: {
      epoch: resume?.epoch ?? 1,
      step: resume?.step ?? 0,
      plan: resume?.plan ?? {},
      sums: { ...resume?.sums },
      best: resume?.best ?? null,
    },
  };
}

function openMemory({ data, model, recipe }: TrainOptions, from?: TrainState): SampleMemory {
  return createSampleMemory({
    size: data.size,
    classes: model.classes,
    columns: recipe.needs.remember ?? [],
    importance: recipe.needs.heads?.some((head) => head.name === 'importance') ?? false,
    weighted: recipe.logits !== undefined,
    ...(from && { from: from.memory }),
  });
}

/** Epoch under way, within the planned ones. */
export function timeOf({ at, options }: Session): { epoch: number; epochs: number } {
  return { epoch: Math.min(at.epoch, options.epochs), epochs: options.epochs };
}

/** The whole state of a run as plain data. */
export async function snapshot({ at, fingerprint, state, ledger, memory, logs }: Session): Promise<TrainState> {
  return {
    fingerprint,
    epoch: at.epoch,
    step: at.step,
    weights: await state.read(),
    ledger: ledger.data(),
    memory: memory.arrays(),
    plan: at.plan,
    sums: { ...at.sums },
    history: [...logs],
    best: at.best,
  };
}

/** Predictions of the network as it stands, with averaged weights where they are kept. */
export async function predictNow({ options, evaluation, state, batchSize, normalization }: Session, data: Dataset): Promise<Predictions> {
  const { backend, model, recipe: method, weightAverage } = options;
  const averaged = weightAverage === undefined ? null : await backend.createState(evaluation.graph.state, await readEvaluationWeights(state));
  try {
    return await predictWith({ program: evaluation, state: averaged ?? state, model, method, batchSize, data, normalization });
  } finally {
    averaged?.dispose();
  }
}

/** What a run gives back, as of a snapshot. */
export function resultOf(session: Session, end: RunEnd, state: TrainState): Run {
  const { options, normalization, warnings } = session;
  const { model, recipe: method, data } = options;
  const trained = (weights: TrainedModel['weights']): TrainedModel => ({ model, method, classes: data.classes, normalization, weights });
  const ledger = fromData(state.ledger, model.classes);
  const { best } = state;
  return {
    end,
    history: createHistory(state.history),
    ledger,
    rows: openMemory(options, state).all(ledger, timeOf(session), null),
    model: trained(evaluationWeights(state.weights)),
    best: best && { epoch: best.epoch, value: best.value, model: trained(best.weights) },
    warnings,
    state,
  };
}

/** Frees what the session holds on the engine. */
export function closeSession({ state, program, evaluation }: Session): void {
  state.dispose();
  program.dispose();
  evaluation.dispose();
}
