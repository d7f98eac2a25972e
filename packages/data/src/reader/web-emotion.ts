import { DataError } from '../error/data-error.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import { placeOf } from '../folder/data-folder.ts';
import type { FolderIndex } from '../folder/folder-index.ts';
import { joinPath } from '../folder/folder-index.ts';
import { expressionClasses, expressionInPhrase, expressionOf } from '../table/expression-classes.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import { inFrameOrder } from './frames.ts';
import type { DatasetReader } from './reader.ts';
import { defineReader, pathTable } from './reader.ts';

/** Options of {@link webEmotion}. */
export interface WebEmotionOptions {
  /**
   * Class of every keyword: the name of its folder, and the name or number of a class. Default: the expression that the
   * words of the folder's name hold (`happy face`, `very_angry_person`).
   */
  readonly keywords?: Readonly<Record<string, string | number>>;
  /** Class names, if they are not the seven expressions. Needs `keywords`. */
  readonly classes?: readonly string[];
}

/** A keyword's folder and its class. */
export interface KeywordFolder {
  readonly keyword: string;
  readonly label: number;
}

/** The reader behind `webEmotion`. */
export const webEmotionReader: DatasetReader<WebEmotionOptions> = /* @__PURE__ */ defineReader<
  WebEmotionOptions,
  { folders: readonly KeywordFolder[] }
>({
  name: 'web-emotion',
  title: 'WebEmotion (keyword folders)',
  layout: [
    'happy face/0001.jpg',
    'happy face/film-17/00012.jpg     (frames of one film in a folder of their own)',
    'angry man/…',
  ],
  obtain: 'the authors did not publish theirs; search for pictures or films by keywords yourself',
  terms: 'those of every picture',
  async locate(index, { keywords, classes }) {
    const names = await index.folders('');
    if (keywords !== undefined)
      return { evidence: [], place: { folders: givenKeywords(index, names, keywords, classes) } };
    const folders = names.map((keyword) => ({ keyword, label: expressionInPhrase(keyword) }));
    const known = folders.filter((entry): entry is KeywordFolder => entry.label !== undefined);
    const evidence = known.slice(0, 5).map(({ keyword }) => `the keyword '${keyword}'`);
    if (known.length < 2)
      return { evidence, difference: 'fewer than two folders have a name that holds an expression' };
    const unknown = folders.find((entry) => entry.label === undefined);
    if (unknown !== undefined)
      return {
        evidence,
        difference: `the folder '${unknown.keyword}' names no expression, or several; say what it means in keywords`,
      };
    if (known.every(({ keyword }) => expressionOf(keyword) !== undefined))
      return { evidence, difference: 'the folders are named after classes, not after keywords' };
    return { evidence, place: { folders: known } };
  },
  async table(index, { folders }, { classes = expressionClasses(folders.some(({ label }) => label === 7) ? 8 : 7) }) {
    const samples: Sample[] = [];
    for (const { keyword, label } of folders) {
      for (const { path, sequence } of await keywordImages(index, keyword))
        samples.push({ place: path, label, split: 'all', ...(sequence !== undefined && { sequence }) });
    }
    return pathTable({ reader: 'web-emotion', folder: index.folder, classes, samples });
  },
});

/** Pictures of a keyword's folder; those in a folder of their own are frames of one film. */
async function keywordImages(
  index: FolderIndex,
  keyword: string,
): Promise<{ readonly path: string; readonly sequence?: string }[]> {
  const own = inFrameOrder(await index.images(keyword)).map((name) => ({ path: joinPath(keyword, name) }));
  const films = await Promise.all(
    (await index.folders(keyword)).map(async (film) => {
      const sequence = `${keyword}/${film}`;
      return inFrameOrder(await index.images(sequence)).map((name) => ({ path: joinPath(sequence, name), sequence }));
    }),
  );
  return [...own, ...films.flat()];
}

function givenKeywords(
  index: FolderIndex,
  names: readonly string[],
  keywords: Readonly<Record<string, string | number>>,
  classes: readonly string[] | undefined,
): KeywordFolder[] {
  return Object.entries(keywords).map(([keyword, name]) => {
    if (!names.includes(keyword)) {
      throw new DataError({
        code: 'bad-option',
        source: `keywords['${keyword.slice(0, 80)}']`,
        problem: `${placeOf(index.folder, '')} has no such folder`,
        remedy: `Name folders that are there, such as ${names.slice(0, 5).join(', ')}`,
      });
    }
    const label =
      typeof name === 'number' ? name : classes === undefined ? (expressionOf(name) ?? -1) : classes.indexOf(name);
    if (!(Number.isInteger(label) && label >= 0 && label < (classes?.length ?? 8))) {
      throw new DataError({
        code: 'bad-option',
        source: `keywords['${keyword.slice(0, 80)}']`,
        problem: `'${name}' is no class`,
        remedy: `Pass one of ${(classes ?? expressionClasses(8)).join(', ')}, or its number`,
      });
    }
    return { keyword, label };
  });
}

/**
 * Reads folders named after keywords, WebEmotion's idea (Wang et al., CVPR 2020): in each are the pictures, or frames of films,
 * that a search for this keyword gave. The keyword is a weak label: it says what was searched for, not what is in the picture. The
 * authors never gave out their films, so there is no count to check; make such a set with `weakDataset`.
 *
 * @throws DataError where a folder's name says no class and `keywords` does not either.
 * @example
 * const table = await webEmotion(openFolder('./search'), { keywords: { 'crying baby': 'sad', 'party people': 'happy' } });
 */
export function webEmotion(folder: DataFolder, options: WebEmotionOptions = {}): Promise<SampleTable> {
  return webEmotionReader.read(folder, options);
}
