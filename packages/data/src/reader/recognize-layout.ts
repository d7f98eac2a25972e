import { DataError } from '../error/data-error.ts';
import type { SampleTable } from '../table/sample-table.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import { affectNetReader } from './affect-net.ts';
import { afewReader } from './afew.ts';
import { ckPlusReader } from './ck-plus.ts';
import { csvTableReader } from './csv.ts';
import { emotioNetReader } from './emotio-net.ts';
import { fer2013Reader } from './fer2013.ts';
import { fer2013FoldersReader } from './fer2013-folders.ts';
import { ferPlusFoldersReader } from './fer-plus-folders.ts';
import { imageFolderReader } from './image-folder.ts';
import { mmiReader } from './mmi.ts';
import { npzTableReader } from './npz.ts';
import { ouluCasiaReader } from './oulu-casia.ts';
import { parquetTableReader } from './parquet.ts';
import { rafDbReader } from './raf-db.ts';
import type { DatasetReader, LayoutMatch } from './reader.ts';
import { sfewReader } from './sfew.ts';
import { webEmotionReader } from './web-emotion.ts';

/** Every reader, from those of one data set to those that fit many folders. */
export const datasetReaders: readonly DatasetReader[] = [
  rafDbReader,
  affectNetReader,
  fer2013Reader,
  ferPlusFoldersReader,
  fer2013FoldersReader,
  ckPlusReader,
  mmiReader,
  ouluCasiaReader,
  sfewReader,
  afewReader,
  emotioNetReader,
  webEmotionReader,
  parquetTableReader,
  npzTableReader,
  csvTableReader,
  imageFolderReader,
];

/** What one reader makes of a folder. */
export interface LayoutCandidate extends LayoutMatch {
  readonly reader: DatasetReader;
}

/** Which readers fit a folder. */
export interface RecognizedLayout {
  /** The most specific reader that fits; undefined where none does. */
  readonly reader: DatasetReader | undefined;
  /** What was found that speaks for it. */
  readonly evidence: readonly string[];
  /** All readers, in order: why each fits, or the first difference. */
  readonly candidates: readonly LayoutCandidate[];
}

/**
 * Finds out which data set a folder holds, by its layout.
 *
 * @throws DataError where the folder cannot be listed. A damaged file is a difference of the reader that met it, not an error.
 * @example
 * const { reader, evidence } = await recognizeLayout(openFolder('./data'));
 * console.log(reader?.title ?? 'unknown', evidence);
 */
export async function recognizeLayout(folder: DataFolder): Promise<RecognizedLayout> {
  await folder.list('');
  const candidates: LayoutCandidate[] = [];
  for (const reader of datasetReaders) {
    try {
      candidates.push({ reader, ...(await reader.recognize(folder)) });
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      candidates.push({ reader, fits: false, evidence: [], difference: error.message });
    }
  }
  const best = candidates.find(({ fits }) => fits);
  return { reader: best?.reader, evidence: best?.evidence ?? [], candidates };
}

/**
 * Reads a folder with the reader that fits it best, with that reader's default options.
 *
 * @throws DataError `wrong-layout` where none fits, with what comes nearest.
 * @example const table = await readDataset(openFolder('./data'));
 */
export async function readDataset(folder: DataFolder): Promise<SampleTable> {
  const { reader, candidates } = await recognizeLayout(folder);
  if (reader !== undefined) return reader.read(folder);
  const near = candidates.filter(({ evidence }) => evidence.length > 0);
  throw new DataError({
    code: 'wrong-layout',
    source: folder.name,
    problem: `it has the layout of no known data set${
      near.length === 0
        ? ''
        : ` (nearest: ${near
            .map((match) => `${match.reader.title}, but ${match.difference}`)
            .join('; ')
            .slice(0, 600)})`
    }`,
    remedy: `Pass the folder that holds one of: ${datasetReaders.map(({ title }) => title).join(', ')}`,
  });
}
