import type { EpochLog, RelabelQuality, RunWarning } from '@selfcure/core';

/** What the page and its worker say to each other. Both sides import these types and nothing else of each other. */

/** Procedural faces with wrong labels planted: nothing to download, and the truth is known. */
export interface FacesSource {
  readonly kind: 'faces';
  readonly samples: number;
  /** Share of the labels that are made wrong, 0 to 1. */
  readonly noise: number;
}

/** The user's photos, decoded by the page. */
export interface PhotosSource {
  readonly kind: 'photos';
  /** Side of the square grey images, in pixels. */
  readonly size: number;
  /** Names of the classes: the folders. */
  readonly classes: readonly string[];
  /** Class of every photo. */
  readonly labels: Int32Array;
  /** Path of every photo within what was picked. */
  readonly names: readonly string[];
  /** photos x size x size bytes. */
  readonly pixels: Uint8Array;
  /** Whether training shifts and mirrors the images. */
  readonly augment: boolean;
}

/** Recipes that the page offers. */
export type RecipeName = 'cure' | 'scn';

/** Everything that decides a run. */
export interface Setup {
  readonly source: FacesSource | PhotosSource;
  readonly recipe: RecipeName;
  readonly epochs: number;
  readonly seed: number;
}

/** Files that the page offers for download. */
export type FileKind = 'labels.csv' | 'changes.csv' | 'changes.jsonl' | 'model.safetensors';

/** From the page to the worker. */
export type Command =
  | { readonly type: 'start'; readonly setup: Setup }
  | { readonly type: 'pause' }
  /** With an engine: opens that first, anew where it had failed. */
  | { readonly type: 'continue'; readonly engine?: string }
  /** Takes another engine for what is trained from now on. */
  | { readonly type: 'engine'; readonly name: string }
  /** Deletes the run and what is kept of it. */
  | { readonly type: 'forget' }
  | { readonly type: 'decide'; readonly sample: number; readonly label: number }
  | { readonly type: 'undo' }
  | { readonly type: 'pictures'; readonly samples: readonly number[] }
  | { readonly type: 'file'; readonly file: FileKind };

/** An engine that the user may choose, or why not. */
export interface EngineOption {
  readonly name: string;
  readonly title: string;
  /** Whether it can be chosen. */
  readonly available: boolean;
  /** Whether it may be taken without being asked for. */
  readonly advised: boolean;
  /** How it stands on this device, and why: what follows its title in a sentence. */
  readonly reason: string;
}

/** Which engine trains, and how the others stand. */
export interface EngineReport {
  readonly name: string;
  readonly title: string;
  /** Why it was taken, as the end of a sentence. */
  readonly reason: string;
  /** Runs that share this text give the same bits. */
  readonly arithmetic: string;
  /** Every engine, in order of preference. */
  readonly options: readonly EngineOption[];
}

/** An engine that a run was trained on. */
export interface RunEngine {
  readonly name: string;
  readonly title: string;
  /** Runs that share this text give the same bits. */
  readonly arithmetic: string;
  /** The first epoch that it trained, or a part of it. */
  readonly epoch: number;
}

/** How far kernels are compiled. */
export interface CompileProgress {
  /** Kernels that are ready. */
  readonly compiled: number;
  readonly total: number;
}

/** What stays the same during a run. */
export interface RunFacts {
  readonly title: string;
  readonly classes: readonly string[];
  /** Number of samples. */
  readonly samples: number;
  /** Side of the images. */
  readonly size: number;
  /** Path of every sample; null for procedural faces. */
  readonly names: readonly string[] | null;
  /** True labels, where the source knows them. */
  readonly truth: Int32Array | null;
  readonly recipe: RecipeName;
  readonly epochs: number;
}

/** Labels as they stand, one value a sample. */
export interface LabelView {
  readonly given: Int32Array;
  readonly current: Int32Array;
  /** 1 where the sample is out of the loss. */
  readonly dropped: Uint8Array;
  /** 1 where the user has decided. */
  readonly verified: Uint8Array;
  /** Decisions that stand and can be taken back. */
  readonly decisions: number;
}

/** What a run has to show after an epoch, or where it paused. */
export interface Snapshot {
  readonly history: readonly EpochLog[];
  readonly warnings: readonly RunWarning[];
  readonly labels: LabelView;
  /** Training passes of every sample so far. */
  readonly passes: Int32Array;
  /** Suspicion by name, larger being more suspicious; see `suspicionScores` of `@selfcure/core`. */
  readonly scores: Readonly<Record<string, Float32Array>>;
  /** Probability of the given label, averaged over passes. */
  readonly pGiven: Float32Array;
  /** The class that speaks against the given label, -1 where none does, and its probability. */
  readonly suggestion: Int32Array;
  readonly pSuggestion: Float32Array;
  /** Importance weights, where the recipe has them. */
  readonly importance: Float32Array | null;
  /** Against the truth, where it is known. */
  readonly quality: RelabelQuality | null;
}

/** What the session is doing. `idle`: there is no run. */
export type Phase = 'idle' | 'training' | 'paused' | 'finished';

/** From the worker to the page. */
export type WorkerEvent =
  | { readonly type: 'engine'; readonly engine: EngineReport }
  /** Everything is loaded; `notKept` says why runs are not kept for the next visit, null where they are. */
  | { readonly type: 'ready'; readonly notKept: string | null }
  | { readonly type: 'run'; readonly facts: RunFacts }
  /** The engines that the run was trained on, oldest first. */
  | { readonly type: 'trained-on'; readonly engines: readonly RunEngine[] }
  | { readonly type: 'phase'; readonly phase: Phase; readonly epoch: number; readonly step: number }
  | {
      readonly type: 'step';
      readonly epoch: number;
      readonly step: number;
      readonly stepsPerEpoch: number;
      readonly loss: number;
    }
  | { readonly type: 'compiling'; readonly progress: CompileProgress }
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  /** After a decision or its undo: the labels, and what was done to which sample. */
  | {
      readonly type: 'labels';
      readonly labels: LabelView;
      readonly changed: { readonly sample: number; readonly label: number; readonly undone: boolean };
    }
  | { readonly type: 'pictures'; readonly samples: readonly number[]; readonly pixels: Uint8Array }
  | { readonly type: 'file'; readonly file: FileKind; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Something that the user should know, such as a run that is not kept. */
  | { readonly type: 'note'; readonly message: string }
  | { readonly type: 'failed'; readonly message: string }
  /** The engine failed; the run can go on with the same engine, opened anew, or another. `details` is for those who look into it. */
  | { readonly type: 'engine-failed'; readonly message: string; readonly details: string };
