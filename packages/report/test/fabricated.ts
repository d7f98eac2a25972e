import { createHistory, createLedger, score } from '@selfcure/core';
import type { Dataset, EpochLog, Evaluation, LabelLedger } from '@selfcure/core';
import type { ReportInput } from '@selfcure/report';

/** A byte of a sample's image, different for all small samples and positions. */
export const pixel = (sample: number, position: number): number => (sample * 37 + position * 101 + 5) % 256;

/** What {@link fabricate} makes; every choice has a default. */
export interface Fabrication {
  readonly size?: number;
  readonly classes?: readonly string[];
  readonly shape?: Dataset['shape'];
  readonly name?: string;
  readonly title?: string;
  readonly given?: (sample: number) => number;
  /** -1: unknown. Null: the data set knows no truth at all. */
  readonly truth?: ((sample: number) => number) | null;
  readonly importance?: ((sample: number) => number) | null;
  readonly meanGivenProbability?: (sample: number) => number;
  readonly passes?: (sample: number) => number;
  readonly edit?: (ledger: LabelLedger) => void;
  readonly history?: readonly EpochLog[];
  readonly warnings?: ReportInput['run']['warnings'];
  readonly manifest?: ReportInput['manifest'];
  readonly evaluation?: Evaluation | null;
}

/** Epochs of a run that relabels. */
export const epochLog = (epoch: number): EpochLog =>
  ({
    epoch,
    loss: 2 / epoch,
    accuracy: 1 - 0.6 / epoch,
    learningRate: 0.001,
    'validation/accuracy': 1 - 0.7 / epoch,
    'validation/balancedAccuracy': 1 - 0.75 / epoch,
    'term/rank': 0.07 / epoch,
    'term/rank/active': 0.5,
    importance: 0.4 + 0.05 * epoch,
    relabelled: epoch,
    dropped: 1,
    restored: 0,
    edited: 3 * epoch,
    out: epoch,
    noise: 0.3 / epoch,
  }) satisfies EpochLog;

/** Predictions of a test set, and their evaluation. */
export function evaluated(labels: readonly number[], predicted: readonly number[], classes: number): Evaluation {
  const probabilities = new Float32Array(labels.length * classes).fill(0.2 / (classes - 1));
  predicted.forEach((label, i) => (probabilities[i * classes + label] = 0.8));
  const predictions = {
    labels: Int32Array.from(predicted),
    probabilities,
    weightedProbabilities: null,
    importance: null,
  };
  return score(predictions, labels, classes);
}

/** A finished run that never happened. */
export function fabricate(options: Fabrication = {}): ReportInput {
  const {
    size = 40,
    classes = ['angry', 'happy', 'sad'],
    shape = [6, 5, 1],
    name = 'fabricated',
    title = 'A run',
    given = (i) => i % classes.length,
    truth = (i) => (i % 5 === 0 ? (i + 1) % classes.length : i % classes.length),
    importance = (i) => ((i * 17) % size) / size,
    meanGivenProbability = (i) => ((i * 23 + 7) % size) / size,
    passes = () => 3,
    edit = () => {},
    history = [1, 2, 3].map(epochLog),
    warnings = [],
    manifest = { seed: 0 },
    evaluation = evaluated([0, 0, 1, 1, 2], [0, 1, 1, 1, 2], classes.length),
  } = options;
  const ids = Int32Array.from({ length: size }, (_, i) => i);
  const floats = (of: (sample: number) => number): Float32Array => Float32Array.from(ids, of);
  const labels = ids.map(given);
  const pixels = shape[0] * shape[1] * shape[2];
  const data: Dataset = {
    name,
    size,
    classes,
    shape,
    labels,
    ...(truth && { truth: ids.map(truth) }),
    fingerprint: 'none',
    read: (samples) =>
      Promise.resolve(
        Uint8Array.from({ length: samples.length * pixels }, (_, i) =>
          pixel(samples[Math.floor(i / pixels)]!, i % pixels),
        ),
      ),
  };
  const ledger = createLedger({ given: labels, classes: classes.length });
  edit(ledger);
  const probabilities = new Float32Array(size * classes.length).fill(1 / classes.length);
  const rows = {
    epoch: history.length,
    epochs: history.length,
    classes: classes.length,
    samples: ids,
    given: labels,
    current: ledger.current,
    dropped: ledger.dropped,
    verified: ledger.verified,
    probabilities,
    weightedProbabilities: probabilities,
    importance: importance && floats(importance),
    lowGroup: new Uint8Array(size),
    loss: floats((i) => 1 - meanGivenProbability(i)),
    remembered: {},
    clean: null,
    passes: ids.map(passes),
    meanGivenProbability: floats(meanGivenProbability),
  };
  return {
    title,
    manifest,
    data,
    run: { history: createHistory(history), ledger, rows: rows as unknown as ReportInput['run']['rows'], warnings },
    ...(evaluation && { evaluation }),
  };
}

/** Stages and commits one proposal. */
export function propose(
  ledger: LabelLedger,
  sample: number,
  to: number | 'drop' | 'restore',
  score: number,
  more: { reason?: string; strategy?: string; epoch?: number; importance?: number | null } = {},
): void {
  const { reason = 'because', strategy = 'margin', epoch = 2, importance = 0.25 } = more;
  ledger.stage({ sample, to, score, reason }, { epoch, step: 0, strategy, importance, pGiven: 0.1, pMax: 0.8 });
  ledger.commit();
}
