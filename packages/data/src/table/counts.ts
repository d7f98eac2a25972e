/** What is counted: pictures, or the sequences or clips that they are frames of. */
export type CountUnit = 'images' | 'sequences';

/** Counts of one split. */
export interface SplitCounts {
  readonly total: number;
  /** By class name; only the classes that a source names. */
  readonly perClass?: Readonly<Record<string, number>>;
}

/** Counts that the authors of a data set, or others who hold it, have published. */
export interface PublishedCounts {
  /** Where they stand. */
  readonly source: string;
  readonly splits: Readonly<Record<string, SplitCounts>>;
  /** Number of subjects, where one is published. */
  readonly subjects?: number;
}

/** What a folder holds, beside what was published. */
export interface CountReport {
  readonly unit: CountUnit;
  readonly found: Readonly<Record<string, Required<SplitCounts>>>;
  /** Subjects found; 0 where the set names none. */
  readonly subjects: number;
  readonly published: PublishedCounts | null;
  /** Whether everything that was published is there, and not more; null where nothing was published. */
  readonly complete: boolean | null;
  /** One sentence for each count that differs. */
  readonly differences: readonly string[];
}

interface Counted {
  readonly label: number;
  readonly split: string;
  readonly subject?: string;
  readonly sequence?: string;
}

/** Counts samples (or, of those that belong to a sequence, sequences) and compares them with published counts. */
export function countReport(
  samples: readonly Counted[],
  classes: readonly string[],
  unit: CountUnit,
  published: PublishedCounts | null,
): CountReport {
  const found: Record<string, { total: number; perClass: Record<string, number> }> = {};
  const seen = new Set<string>();
  const subjects = new Set<string>();
  for (const { label, split, subject, sequence } of samples) {
    if (subject !== undefined) subjects.add(subject);
    if (unit === 'sequences' && sequence !== undefined) {
      const key = `${split}\0${sequence}`;
      if (seen.has(key)) continue;
      seen.add(key);
    }
    const counts = (found[split] ??= { total: 0, perClass: Object.fromEntries(classes.map((name) => [name, 0])) });
    counts.total++;
    counts.perClass[classes[label]!]!++;
  }
  const differences: string[] = [];
  const compare = (what: string, is: number, should: number): void => {
    if (is !== should) differences.push(`${what}: ${is} found, ${should} published`);
  };
  for (const [split, { total, perClass }] of Object.entries(published?.splits ?? {})) {
    compare(`${split}, ${unit}`, found[split]?.total ?? 0, total);
    for (const [name, count] of Object.entries(perClass ?? {}))
      compare(`${split}, ${name}`, found[split]?.perClass[name] ?? 0, count);
  }
  if (published?.subjects !== undefined) compare('subjects', subjects.size, published.subjects);
  return {
    unit,
    found,
    subjects: subjects.size,
    published,
    complete: published === null ? null : differences.length === 0,
    differences,
  };
}
