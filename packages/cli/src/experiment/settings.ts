import type { NamedRecipe, NoiseSpec, RunSpec } from '@selfcure/experiments';

/** Experiments by name, and what each asks. */
export const experimentDescriptions = {
  noise: 'Recipes under wrong labels of several kinds and rates',
  ablation: 'The eight combinations of the three modules of SCN',
  margins: 'SCN over margin 1, margin 2 and beta: curves, and a map of both margins',
  pretrain: 'Pretraining on a weakly labelled set, then fine-tuning, each with and without SCN',
  compare: 'Recipes by name on the same data',
  'real-noise': "Trained on FER2013's labels, tested on the majority of FER+'s votes",
  trusted: 'Accuracy against the number of labels that a person has verified',
  sweep: 'Settings chosen by successive halving, on the validation set alone',
} as const;

/** Name of an experiment. */
export type ExperimentName = keyof typeof experimentDescriptions;

/** Names of the experiments. */
export const experimentNames: readonly ExperimentName[] = /* @__PURE__ */ Object.keys(
  experimentDescriptions,
) as ExperimentName[];

/** What decides the runs of an experiment; plain data. */
export interface ExperimentSettings {
  readonly name: ExperimentName;
  /** The run that the experiment varies. */
  readonly base: RunSpec;
  readonly seeds: readonly number[];
  /** Of `noise`: null for its own. */
  readonly noises: readonly NoiseSpec[] | null;
  /** Of `noise` and `compare`: null for their own. */
  readonly recipes: readonly NamedRecipe[] | null;
  /** Of `margins`: null for its own. */
  readonly margin1: readonly number[] | null;
  readonly margin2: readonly number[] | null;
  readonly beta: readonly number[] | null;
  readonly map: boolean;
  /** Of `pretrain`: the weakly labelled set. */
  readonly weakSamples: number | null;
  readonly weakRate: number | null;
  /** Of `trusted`: numbers of verified labels; null for its own. */
  readonly counts: readonly number[] | null;
  /** Of `sweep`. */
  readonly grid: Readonly<Record<string, readonly (number | string | boolean)[]>>;
  readonly budgets: readonly number[];
  readonly keep: number;
}
