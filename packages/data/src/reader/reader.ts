import { DataError } from '../error/data-error.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import { placeOf } from '../folder/data-folder.ts';
import type { FolderIndex } from '../folder/folder-index.ts';
import { folderIndex } from '../folder/folder-index.ts';
import type { CountUnit, PublishedCounts } from '../table/counts.ts';
import { countReport } from '../table/counts.ts';
import type { Dropped, Sample, SampleTable } from '../table/sample-table.ts';
import { loadFrom } from '../table/sample-table.ts';

/** What people need to know of a data set before they read it. */
export interface DatasetFacts {
  /** Short name, such as `'raf-db'`. */
  readonly name: string;
  readonly title: string;
  /** The layout that is read, as lines of a tree. */
  readonly layout: readonly string[];
  /** Where users get the data. */
  readonly obtain: string;
  /** On what terms. */
  readonly terms: string;
}

/** Whether a folder has the layout of a data set, and why. */
export interface LayoutMatch {
  readonly fits: boolean;
  /** What was found that speaks for it. */
  readonly evidence: readonly string[];
  /** Where it does not fit, the first difference. */
  readonly difference?: string;
}

/** A data set that can be recognized and read. */
export interface DatasetReader<Options = object> extends DatasetFacts {
  recognize(folder: DataFolder): Promise<LayoutMatch>;
  /** @throws DataError `wrong-layout` with the layout expected and the first difference, and for every damaged file. */
  read(folder: DataFolder, options?: Options): Promise<SampleTable>;
}

/** Where the parts of a layout are, or the first that is not there. */
export type Located<Place> =
  | { readonly evidence: readonly string[]; readonly place: Place }
  | { readonly evidence: readonly string[]; readonly difference: string };

/** A reader made of facts, a search for the parts of the layout, and what to do with them. */
export interface ReaderParts<Options, Place> extends DatasetFacts {
  locate(index: FolderIndex, options: Partial<Options>): Promise<Located<Place>>;
  table(index: FolderIndex, place: Place, options: Partial<Options>): Promise<SampleTable>;
}

/** Makes a reader whose recognition and reading look for the same things. */
export function defineReader<Options extends object, Place>({
  locate,
  table,
  ...facts
}: ReaderParts<Options, Place>): DatasetReader<Options> {
  return {
    ...facts,
    async recognize(folder) {
      const found = await locate(folderIndex(folder), {});
      return 'place' in found
        ? { fits: true, evidence: found.evidence }
        : { fits: false, evidence: found.evidence, difference: found.difference };
    },
    async read(folder, options = {} as Options) {
      const index = folderIndex(folder);
      const found = await locate(index, options);
      if (!('place' in found)) throw wrongLayout(facts, folder, found.difference);
      return table(index, found.place, options);
    },
  };
}

function wrongLayout({ title, layout }: DatasetFacts, folder: DataFolder, difference: string): DataError {
  return new DataError({
    code: 'wrong-layout',
    source: folder.name,
    problem: `this is not the layout of ${title}: ${difference}`,
    remedy: `Expected is\n${layout.map((line) => `  ${line}`).join('\n')}\nPass the folder that holds it`,
  });
}

/** What {@link pathTable} needs. */
export interface PathTableParts {
  readonly reader: string;
  readonly folder: DataFolder;
  readonly classes: readonly string[];
  /** Their places are paths of picture files. */
  readonly samples: readonly Sample[];
  readonly dropped?: Dropped;
  readonly unit?: CountUnit;
  readonly published?: PublishedCounts | null;
}

/** A table whose pictures are files below the folder. */
export function pathTable(parts: PathTableParts): SampleTable {
  const { reader, folder, classes, samples, dropped = {}, unit = 'images', published = null } = parts;
  if (samples.length === 0) {
    throw new DataError({
      code: 'no-samples',
      source: folder.name,
      problem: `no labelled picture is left${Object.keys(dropped).length === 0 ? '' : ` (${JSON.stringify(dropped)})`}`,
      remedy: 'Check that the pictures were unpacked, and the options',
    });
  }
  return {
    reader,
    source: folder.name,
    classes,
    samples,
    dropped,
    counts: countReport(samples, classes, unit, published),
    load: loadFrom(folder, null, async (id) => ({ kind: 'file', bytes: await folder.read(samples[id]!.place) })),
  };
}

/** What to do about pictures that a list names and the folder lacks: refuse the first, or leave them out and count them. */
export type MissingPolicy = 'refuse' | 'skip';

/** The error for a picture that a list names and the folder lacks. */
export function missingImage(folder: DataFolder, list: string, row: number, path: string): DataError {
  return new DataError({
    code: 'missing-file',
    source: placeOf(folder, list),
    row,
    problem: `the picture '${path.slice(0, 200)}' that it names is not there`,
    remedy: "Unpack the pictures again, or pass missing: 'skip' to leave out and count what is missing",
  });
}

/** The error for a line of a list that cannot be what it should. */
export function badLine(folder: DataFolder, list: string, row: number, problem: string, remedy: string): DataError {
  return new DataError({ code: 'bad-list', source: placeOf(folder, list), row, problem, remedy });
}
