/**
 * One training as plain data: what it computes, and nothing of where. Equal specs are equal runs.
 *
 * @module
 */

/** Procedural faces; the test set are other faces of the same kind. */
export interface FacesData {
  readonly kind: 'faces';
  readonly samples: number;
  readonly testSamples: number;
  /** Side in pixels. */
  readonly size: number;
  /** Added to the seed of the run: other faces for another value. */
  readonly seed: number;
}

/** FER2013 with FER+'s votes, from the user's copy. Trained on a class-proportional subset, tested on the majority without twins. */
export interface FerData {
  readonly kind: 'fer';
  /** Holds fer2013.csv and fer2013new.csv. */
  readonly folder: string;
  readonly labels: 'fer2013' | 'majority';
  /** Images of the chosen subset, class-proportional by FER+'s majority; null for all. */
  readonly samples: number | null;
  /** `chosen`: the subset is trained on; `others`: what it leaves, to pretrain on. */
  readonly part: 'chosen' | 'others';
  /** Of the subset: the same images for every run, whatever its labels. */
  readonly seed: number;
}

/** Wrong labels put into the training set; drawn with the seed of the run. */
export interface NoiseSpec {
  /**
   * `symmetric`: any other class; `pair`: the next class; `fer-like`: as FER2013's labels differ from FER+'s (`rate` scales the share of wrong labels);
   * `feature-dependent`: ambiguous images first.
   */
  readonly kind: 'symmetric' | 'pair' | 'fer-like' | 'feature-dependent';
  readonly rate: number;
}

/** A recipe of core by name, and its options. */
export interface RecipeSpec {
  readonly use: string;
  readonly [option: string]: unknown;
}

/** One training. */
export interface RunSpec {
  readonly data: FacesData | FerData;
  readonly noise: NoiseSpec | null;
  /** `remove`: wrong labels are left out; `mend`: they are true. Bounds that no method has: they look at the truth. Default null. */
  readonly oracle: 'remove' | 'mend' | null;
  /**
   * Training samples whose label a person has verified (here: whose true label is shown), drawn at random within given labels; 0 for none. They stay out of the
   * loss and measure: relabelling is gated on them, and predictions are corrected on them.
   */
  readonly verified: number;
  readonly model: { readonly name: string; readonly width: number };
  /** `transition: 'verified'` in its options stands for the matrix that the verified labels give. */
  readonly recipe: RecipeSpec;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** `shift`: pixels at most; `flip`: mirror images. */
  readonly augmentation: { readonly shift: number; readonly flip: boolean };
  /** Decides first weights, order, augmentation, noise and verified samples. */
  readonly seed: number;
  /** Trained before; its backbone is where this run starts. */
  readonly pretrain: RunSpec | null;
}

/** Numbers of a finished run by name; null where there is none. */
export type Figures = Readonly<Record<string, number | null>>;

/** The engine that a run was computed on. */
export interface EngineFacts {
  readonly name: string;
  /** Where it computes: `'cpu'`, `'wasm'`, `'webgpu'`, `'cuda'`. */
  readonly device: string;
  readonly precision: string;
}

/** What a run leaves: plain data. */
export interface RunOutcome {
  readonly figures: Figures;
  /** Values by epoch: `accuracy`, `noise`, `validation/accuracy`. */
  readonly curves: Readonly<Record<string, readonly number[]>>;
  readonly warnings: readonly string[];
  readonly engine: EngineFacts;
}
