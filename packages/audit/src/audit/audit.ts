import type { NoiseDetection, ShareInterval } from '@selfcure/core';
import type { Evidence } from '../evidence/evidence.ts';
import type { Verdict } from '../score/verdict.ts';
import type { SuspicionCalibration } from '../threshold/calibrate-suspicion.ts';
import type { FalseDiscoveryCut } from '../threshold/false-discovery.ts';
import type { TransitionEstimate } from '../transition/transition.ts';

/**
 * Scores of suspicion, larger being more suspicious: `posterior` (the default; probability of being wrong by Bayes' rule with the
 * transition matrix), `givenProbability` (1 - P of the given label), `margin` (lead of the best other class), `loss`, `importance` (-alpha),
 * `foldDisagreement`.
 */
export type ScoreName = 'posterior' | 'givenProbability' | 'margin' | 'loss' | 'importance' | 'foldDisagreement';

/** A share with its 95 % interval, and what it rests on. */
export interface EstimatedShare extends ShareInterval {
  readonly share: number;
  readonly basis: string;
}

/** A share that was counted, with its exact 95 % interval. */
export interface CountedShare extends ShareInterval {
  readonly count: number;
  readonly of: number;
}

/** The list of labels to look at, cut at a false-discovery rate. */
export interface SuspectList extends FalseDiscoveryCut {
  /** The rate that was asked for. */
  readonly rate: number;
  /** What turned the score `posterior` into probabilities of being wrong: fitted on verified labels, or without any on tempered posteriors. */
  readonly calibration: SuspicionCalibration;
  /** Right labels among the verified ones that the list would hold, judged without looking at them; null where none is verified. */
  readonly check: CountedShare | null;
  /** How far to believe the rate, in a sentence. */
  readonly basis: string;
}

/** What an audit says of given labels; row i is sample i. Plain data. */
export interface LabelJudgement {
  readonly scores: Readonly<Partial<Record<ScoreName, Float64Array>>> & { readonly posterior: Float64Array };
  /** Calibrated probability of being wrong: on verified labels where there are any. Length N. */
  readonly suspicion: Float64Array;
  /** Probability of every true class, given image and label. N x C. */
  readonly posterior: Float64Array;
  /** Most likely true class. Length N. */
  readonly suggested: Int32Array;
  readonly verdicts: readonly Verdict[];
  /** Samples whose label is not verified, the most suspicious first. */
  readonly order: Int32Array;
  readonly transition: TransitionEstimate;
  /** Temperature at which the probabilities explain the given labels. */
  readonly temperature: number;
  /** Share of wrong labels. */
  readonly noise: EstimatedShare;
  readonly list: SuspectList;
}

/** Images that look alike and have different given labels. */
export interface LabelConflict {
  readonly samples: readonly number[];
  readonly labels: readonly number[];
  /** They are the same to the byte; otherwise scaled, compressed or lightened copies, or very similar pictures. */
  readonly identical: boolean;
}

/** An image that looks like one of a held-out set. */
export interface LeakedImage {
  readonly sample: number;
  /** Name of the held-out set, and the image there. */
  readonly set: string;
  readonly twin: number;
  /** They are the same to the byte. */
  readonly identical: boolean;
}

/** Something about the data that a user should know. */
export interface AuditWarning {
  readonly code:
    | 'empty-class'
    | 'rare-class'
    | 'class-imbalance'
    | 'conflicting-copies'
    | 'conflicting-similar'
    | 'split-leak'
    | 'few-verified'
    | 'memorized';
  readonly message: string;
}

/** How well an audit did, over the samples whose truth is known and whose label is not verified. */
export interface AuditQuality {
  readonly samples: number;
  /** Share of wrong labels: what average precision is for a score that knows nothing. */
  readonly noise: number;
  readonly scores: Readonly<
    Partial<
      Record<ScoreName, NoiseDetection & { /** Of the first tenth of the ranking. */ readonly precision: number }>
    >
  >;
  /** Right labels in the list: the real false-discovery rate. */
  readonly falseDiscoveries: CountedShare;
  /** Wrong labels in the list whose suggestion is the true one. */
  readonly suggestions: CountedShare;
}

/** Everything that {@link auditDataset} finds. */
export interface Audit extends LabelJudgement {
  readonly classes: readonly string[];
  readonly given: Int32Array;
  readonly evidence: Evidence;
  readonly conflicts: readonly LabelConflict[];
  /** Images of the data that look like one of a held-out set. */
  readonly leaks: readonly LeakedImage[];
  readonly warnings: readonly AuditWarning[];
  /** Null where no truth is known. */
  readonly quality: AuditQuality | null;
}
