import type { TrainState } from '../train/state.ts';
import type { EpochLog, History } from './history.ts';

/** What a callback answers to end the run after the current epoch or step; anything else goes on. */
export type Verdict = 'stop' | void;

/** One finished step. */
export interface StepEvent {
  /** 1-based. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps done in this epoch: 1 after the first. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly loss: number;
  readonly learningRate: number;
}

/** One finished epoch. */
export interface EpochEvent {
  readonly epoch: number;
  readonly epochs: number;
  readonly log: EpochLog;
  readonly history: History;
  /** The whole state of the run after this epoch. */
  readonly state: TrainState;
}

/** Something that a user should know, such as a relabelling that feeds on itself. */
export interface RunWarning {
  readonly code: 'relabel-feedback' | 'refused-edits' | 'largest-class';
  readonly epoch: number;
  readonly message: string;
}

/** Loss or importance stopped being numbers; nothing of the step has entered labels or memory. */
export interface NonFiniteEvent {
  readonly epoch: number;
  /** Steps of the epoch before this one. */
  readonly step: number;
  readonly samples: readonly number[];
  readonly message: string;
}

/** Watches a run; every function is optional and awaited, in the order of the list of callbacks. */
export interface Callback {
  readonly name: string;
  onTrainBegin?(event: { readonly epochs: number; readonly history: History }): void | Promise<void>;
  onEpochBegin?(event: { readonly epoch: number; readonly epochs: number }): void | Promise<void>;
  onStepEnd?(event: StepEvent): Verdict | Promise<Verdict>;
  onEpochEnd?(event: EpochEvent): Verdict | Promise<Verdict>;
  onWarning?(warning: RunWarning): void | Promise<void>;
  /** `'stop'` ends the run at its last finished epoch; otherwise it fails with a NonFiniteError. */
  onNonFinite?(event: NonFiniteEvent): Verdict | Promise<Verdict>;
  onTrainEnd?(event: { readonly history: History; readonly done: boolean }): void | Promise<void>;
}
