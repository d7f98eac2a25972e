export { ablationExperiment } from './design/ablation.ts';
export { compareExperiment } from './design/compare.ts';
export type { CompareExperimentOptions } from './design/compare.ts';
export { metrics } from './design/experiment.ts';
export type { Experiment, ExperimentOptions, Plot } from './design/experiment.ts';
export { marginsExperiment } from './design/margins.ts';
export type { MarginsExperimentOptions } from './design/margins.ts';
export { noiseExperiment } from './design/noise.ts';
export type { NoiseExperimentOptions } from './design/noise.ts';
export { pretrainExperiment } from './design/pretrain.ts';
export type { PretrainExperimentOptions } from './design/pretrain.ts';
export { realNoiseExperiment } from './design/real-noise.ts';
export { oracles, standardRecipes } from './design/recipes.ts';
export type { NamedRecipe } from './design/recipes.ts';
export { sweepControls, sweepExperiment } from './design/sweep.ts';
export { trustedExperiment } from './design/trusted.ts';
export type { TrustedExperimentOptions } from './design/trusted.ts';
export { weakRun } from './design/weak-run.ts';
export type { WeakOptions } from './design/weak-run.ts';
export { executeJobs, outcomeName, readOutcome, runsOf } from './execute/execute-jobs.ts';
export type { Execution, OutcomeStore } from './execute/execute-jobs.ts';
export type { Failure, Job, Result } from './execute/job.ts';
export { shardOf } from './execute/shard-of.ts';
export { loadSets } from './run/data.ts';
export type { ReadFer, RunSets } from './run/data.ts';
export { runSpec } from './run/run-spec.ts';
export type { BackboneWeights, RunPlace } from './run/run-spec.ts';
export type {
  EngineFacts,
  FacesData,
  FerData,
  Figures,
  NoiseSpec,
  RecipeSpec,
  RunOutcome,
  RunSpec,
} from './spec/run-spec.ts';
export { portableSpec, specKey } from './spec/spec-key.ts';
export { gridNames, gridSettings } from './sweep/grid-settings.ts';
export { successiveHalving } from './sweep/successive-halving.ts';
export type { Halving, HalvingOptions, RankedSetting, SweepRound, SweepSetting } from './sweep/successive-halving.ts';
export { courses } from './table/courses.ts';
export { formatCell, toCsv, toMarkdown } from './table/format.ts';
export { headlines, verdictOf } from './table/headlines.ts';
export type { Verdict } from './table/headlines.ts';
export { rowName } from './table/row-name.ts';
export { summarizeResults } from './table/summarize.ts';
export type { Cell, Metric, Summary, SummaryRow } from './table/summarize.ts';
