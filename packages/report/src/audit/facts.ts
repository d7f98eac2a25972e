/** A share with its 95 % interval. Shares are in [0, 1]. */
export interface ShareWithInterval {
  readonly low: number;
  readonly high: number;
}

/** A counted share. */
export interface CountWithInterval extends ShareWithInterval {
  readonly count: number;
  readonly of: number;
}

/** How well a score finds wrong labels. */
export interface ScoreFigures {
  readonly auroc: number | null;
  readonly averagePrecision: number | null;
  /** Share of wrong labels in the first tenth of the ranking. */
  readonly precision: number;
}

/** What an audit found, as its page shows it; an `Audit` of `@selfcure/audit` is one. Row i is sample i. */
export interface AuditFacts {
  readonly given: ArrayLike<number>;
  /** Probability of being wrong. Length N. */
  readonly suspicion: ArrayLike<number>;
  /** Most likely true class. Length N. */
  readonly suggested: ArrayLike<number>;
  readonly verdicts: readonly ('wrong' | 'ambiguous' | 'right')[];
  /** Samples to look at, the most suspicious first. */
  readonly order: ArrayLike<number>;
  /** Share of wrong labels, and what it rests on. */
  readonly noise: ShareWithInterval & { readonly share: number; readonly basis: string };
  /** Rows true class, columns given label. */
  readonly transition: {
    readonly matrix: readonly (readonly number[])[];
    readonly standardError: readonly (readonly number[])[];
    readonly basis: string;
  };
  /** The list that keeps a false-discovery rate. */
  readonly list: {
    readonly count: number;
    readonly rate: number;
    readonly basis: string;
    readonly check: CountWithInterval | null;
  };
  /** Copies of one image with different labels. */
  readonly conflicts: readonly {
    readonly samples: readonly number[];
    readonly labels: readonly number[];
    readonly identical: boolean;
  }[];
  readonly warnings: readonly { readonly message: string }[];
  /** Against known truth; null where there is none. */
  readonly quality: {
    readonly samples: number;
    readonly noise: number;
    readonly scores: Readonly<Record<string, ScoreFigures>>;
    readonly falseDiscoveries: CountWithInterval;
    readonly suggestions: CountWithInterval;
  } | null;
  readonly evidence: { readonly source: string };
}
