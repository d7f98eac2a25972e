import type {
  Augmentation,
  Dataset,
  EpochLog,
  Method,
  Model,
  Normalization,
  Optimizer,
  TrainState,
} from '@selfcure/core';
import type { Backend } from '@selfcure/tensor';

/** What a network says of samples and their given labels; row i is sample i. Plain data. */
export interface Evidence {
  /** Class probabilities: averaged over the training passes of one run, or of a network that has not seen the sample. N x C. */
  readonly probabilities: Float32Array;
  /** Loss under the given label, averaged in the same way. Length N. */
  readonly loss: Float32Array;
  /** Importance weight, averaged in the same way; null where the recipe has none. Length N. */
  readonly importance: Float32Array | null;
  /**
   * How much the folds disagree: probability of the given label on average over the networks that have trained on the sample, minus
   * that of the one that has not, in [-1, 1]. Large where a label can be learned only by heart (Feldman and Zhang 2020). Null without folds.
   */
  readonly foldDisagreement: Float32Array | null;
  /** Share of given labels that the network predicted in its last training pass; null where it has not trained on the samples that it judges. */
  readonly fit: number | null;
  /** Where it is from, in a sentence. */
  readonly source: string;
}

/** An epoch of a run that collects evidence. */
export interface EvidenceEpoch {
  /** Fold that is left out, from 0; null where there are none. */
  readonly fold: number | null;
  readonly folds: number | null;
  readonly epochs: number;
  readonly log: EpochLog;
}

/** Where the trainings of an audit leave their states, so that an interrupted one goes on. A fold is a number from 0, null where there are none. */
export interface EvidenceStates {
  /** The latest state of a training; null where none has begun. */
  read(fold: number | null): Promise<TrainState | null>;
  /** Takes the state of a training after an epoch, and where the signal ends it. */
  write(fold: number | null, state: TrainState): Promise<void>;
}

/** How to train for evidence. Options without a doc comment are those of `train`. */
export interface EvidenceOptions {
  readonly backend: Backend;
  readonly model: Model;
  readonly data: Dataset;
  /** Default `ce()`: plain cross-entropy on the labels as they were given. */
  readonly recipe?: Method;
  readonly epochs: number;
  readonly batchSize?: number;
  readonly seed?: number;
  readonly optimizer?: Optimizer;
  readonly augmentation?: Augmentation;
  readonly normalization?: Normalization;
  readonly initialWeights?: Readonly<Record<string, Float32Array>>;
  /** From 2: as many networks, each judging the samples that it has not trained on. Default: one network, judged while it trains. */
  readonly folds?: number;
  readonly onEpoch?: (epoch: EvidenceEpoch) => void;
  /** Default: an interrupted audit begins anew. */
  readonly states?: EvidenceStates;
  readonly signal?: { readonly aborted: boolean };
}
