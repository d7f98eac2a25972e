import type { Json, Ops, Tensor } from '@selfcure/tensor';
import type { Head } from './head/head.ts';
import type { RelabelStrategy, SampleRows } from './relabel/relabel.ts';

/** Symbolic values by name. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** What a network makes of a batch. */
export interface NetOutputs {
  /** [N, D] */
  readonly features: Tensor;
  /** Of the classifier, before any weighting: [N, C]. */
  readonly logits: Tensor;
  /** Bias of the classifier, which is part of the logits: [C]. */
  readonly bias: Tensor;
  /** Values of the heads by name, one a sample: `importance` is [N]. */
  readonly extras: NamedTensors;
}

/** What a loss knows of a batch beside the network's outputs. */
export interface BatchTensors {
  /** Number of samples N, and of classes C. */
  readonly size: number;
  readonly classes: number;
  /** Current labels as one-hot or soft rows: [N, C]. */
  readonly targets: Tensor;
  /** Weight of each sample in this epoch's loss, 0 for a dropped one: [N]. */
  readonly weight: Tensor;
  /** Rows of the columns that ask to be fed, [N] or [N, C]. */
  readonly remembered: NamedTensors;
}

/**
 * A value that the run keeps for every sample from one epoch to the next, taken from an output of the step. Each sample
 * passes once an epoch.
 */
export interface Column {
  readonly name: string;
  /** One number a sample, or one a class. */
  readonly width: 'one' | 'classes';
  /** Output of the step that it is taken from: `probabilities`, `weightedProbabilities`, `importance`, `loss`, or a value of {@link StepLoss.remember}. */
  readonly source: string;
  /**
   * Keeps the exponential average over epochs with this decay, corrected for its start from 0 (divided by 1 - decay^t after
   * t values), or the mean of all; absent: the latest value.
   */
  readonly average?: number | 'mean';
  /** The step takes the row as input `remembered[name]`; 0 before the first value. */
  readonly feed?: boolean;
}

/** What the training step minimizes. */
export interface StepLoss {
  /** Unreduced loss of every sample, [N], one a network. */
  readonly perSample: readonly Tensor[];
  /** Factor of the weighted mean of `perSample`, to which the terms are added. Default 1. */
  readonly lossWeight?: number;
  /** Scalars added to the loss, by name. */
  readonly terms: NamedTensors;
  /** Values for {@link Column}s, by name; [N] or [N, C]. */
  readonly remember?: NamedTensors;
  /** 1 for the samples of the high-importance group, else 0: [N]. Relabel strategies see its complement. */
  readonly highGroup?: Tensor;
}

/** What the host decides before an epoch. Absent parts leave things as they are. */
export interface EpochPlan {
  /** Weight of every sample in the loss. Length N of the data set. */
  readonly weight?: Float32Array;
  /** Soft targets of every sample, in place of its current label. N x C. */
  readonly targets?: Float32Array;
}

/** What a method asks of the loop. */
export interface MethodNeeds {
  /** Networks trained side by side. Default 1. */
  readonly nets?: 1 | 2;
  /** Heads on the feature vector beside the classifier. */
  readonly heads?: readonly Head[];
  /** Values kept for every sample, beside those of the relabel strategy. */
  readonly remember?: readonly Column[];
}

/**
 * A way to train on noisy labels: everything that the loop knows of it. Recipes such as `scn()` compose it from parts;
 * a method of another kind may implement it directly.
 */
export interface Method {
  readonly name: string;
  /** Options as plain data, for the manifest of a run. */
  readonly options: Json;
  readonly needs: MethodNeeds;
  /** Host, before an epoch. */
  plan?(rows: SampleRows): EpochPlan;
  /** Graph: the logits that confidence is read from; the classifier's where absent. */
  logits?(ops: Ops, net: NetOutputs): Tensor;
  /** Graph: the loss. */
  loss(ops: Ops, nets: readonly NetOutputs[], batch: BatchTensors): StepLoss;
  /** Graph: weights of the samples for each network, from the losses of all of them; multiplied with the batch's weights. */
  select?(ops: Ops, perSample: readonly Tensor[], batch: BatchTensors): readonly Tensor[];
  /** Host: label changes, after a step for its batch or at the end of an epoch for all samples. */
  readonly relabel?: RelabelStrategy;
}
