/** One picture by name. */
export interface SampleFacts {
  readonly place: string;
  readonly label: string;
  readonly split: string;
}

/** Groups of pictures that are the same, or nearly. */
export interface RepeatedPictures {
  readonly groups: number;
  readonly images: number;
  readonly acrossSplits: number;
  readonly listed: readonly (readonly SampleFacts[])[];
}

/** Counts of a data set by split; the published ones where there are some. */
export interface CountFacts {
  readonly unit: 'images' | 'sequences';
  readonly found: Readonly<
    Record<string, { readonly total: number; readonly perClass: Readonly<Record<string, number>> }>
  >;
  readonly subjects: number;
  readonly published: {
    readonly source: string;
    readonly splits: Readonly<
      Record<string, { readonly total: number; readonly perClass?: Readonly<Record<string, number>> }>
    >;
  } | null;
  readonly complete: boolean | null;
  readonly differences: readonly string[];
}

/** What is known of a data set: the report of `inspectDataset` of `@selfcure/data`. */
export interface DatasetFacts {
  readonly reader: string;
  readonly size: number;
  readonly classes: readonly string[];
  readonly counts: CountFacts;
  readonly dropped: Readonly<Record<string, number>>;
  readonly sizes: readonly {
    readonly width: number;
    readonly height: number;
    readonly channels: number;
    readonly count: number;
  }[];
  readonly formats: Readonly<Record<string, number>>;
  readonly duplicates: RepeatedPictures;
  readonly nearDuplicates: RepeatedPictures;
  readonly conflicts: {
    readonly groups: number;
    readonly images: number;
    readonly listed: readonly { readonly samples: readonly SampleFacts[] }[];
  };
  readonly unreadable: {
    readonly count: number;
    readonly listed: readonly { readonly sample: SampleFacts; readonly problem: string }[];
  };
}

const order = ['train', 'valid', 'test'];

/** Names of splits: train, valid and test first, then the others as they come. */
export function splitsInOrder(splits: readonly string[]): string[] {
  return [...order.filter((name) => splits.includes(name)), ...splits.filter((name) => !order.includes(name))];
}
