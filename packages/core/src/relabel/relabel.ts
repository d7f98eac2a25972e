/**
 * What relabel strategies, weightings and users' own code see: plain typed arrays, and what they answer.
 *
 * @module
 */
import type { Column } from '../method.ts';

/** Values of some samples as they stand, row i belonging to sample `samples[i]`. All arrays may be read, none changed. */
export interface SampleRows {
  /** 1-based. */
  readonly epoch: number;
  /** Planned number of epochs. */
  readonly epochs: number;
  readonly classes: number;
  /** Sample ids. Length n. */
  readonly samples: Int32Array;
  /** Labels as given, and as they stand. Length n. */
  readonly given: Int32Array;
  readonly current: Int32Array;
  /** 1 where the sample is out of the loss at present. Length n. */
  readonly dropped: Uint8Array;
  /** 1 where a person has verified the label; edits of these are refused. Length n. */
  readonly verified: Uint8Array;
  /** Softmax of the classifier's logits in the sample's last training pass, before that step's update. n x classes. */
  readonly probabilities: Float32Array;
  /** Softmax of the method's weighted logits in that pass; equals `probabilities` where nothing is weighted. n x classes. */
  readonly weightedProbabilities: Float32Array;
  /** Importance weights alpha in (0, 1); null where the method has none. Length n. */
  readonly importance: Float32Array | null;
  /** 1 where the sample was in the low-importance group of its batch. Length n. */
  readonly lowGroup: Uint8Array;
  /** Loss of the sample in that pass. Length n. */
  readonly loss: Float32Array;
  /** Columns that the method remembers, by name. n x width. */
  readonly remembered: Readonly<Record<string, Float32Array>>;
  /** Softmax of an unaugmented pass after the epoch, where a strategy asks for one. n x classes. */
  readonly clean: Float32Array | null;
  /** Training passes of the sample so far; 0 where the values of its row do not exist yet. Length n. */
  readonly passes: Int32Array;
  /** Probability of the given label, averaged over all training passes; low means suspicious. Length n. */
  readonly meanGivenProbability: Float32Array;
}

/** A change of one label, with what speaks for it. It takes effect from the next epoch. */
export interface Proposal {
  readonly sample: number;
  /** The new label; `'drop'` leaves the label and takes the sample out of the loss; `'restore'` goes back to the given label and into the loss. */
  readonly to: number | 'drop' | 'restore';
  /** How strongly the evidence speaks, larger being stronger, such as P_max - P_given. */
  readonly score: number;
  /** Short and readable. */
  readonly reason: string;
  /** Probabilities of the judged label and of the best class as they were judged; default: those of the last training pass. */
  readonly pGiven?: number;
  readonly pMax?: number;
}

/** Decides which labels to change. */
export interface RelabelStrategy {
  readonly name: string;
  /** Options as plain data, for the manifest. */
  readonly options?: { readonly [key: string]: string | number | boolean | null };
  /** After every step with the rows of its batch, or once at the end of an epoch with the rows of all samples. */
  readonly when: 'step' | 'epoch';
  /** Needs importance weights and their groups: refused with a method that has none. */
  readonly needsImportance?: boolean;
  /** Columns that it reads from `rows.remembered`. */
  readonly remember?: readonly Column[];
  /** `'clean'`: at the end of an epoch every training sample passes once more, unaugmented, for `rows.clean`. */
  readonly pass?: 'clean';
  propose(rows: SampleRows): readonly Proposal[];
}
