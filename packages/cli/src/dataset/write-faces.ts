import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@selfcure/data';
import { encodePng } from '@selfcure/data/node';
import type { ImageDecoder, Sample, SampleTable } from '@selfcure/data/node';
import type { FaceCropper } from '@selfcure/models';
import { UsageError } from '../errors.ts';
import { writeCsv } from '../run-folder/csv.ts';

/** What became of the pictures of a data set. */
export interface FaceSummary {
  readonly pictures: number;
  readonly faces: number;
  readonly outcomes: Readonly<Record<'no-face' | 'one-face' | 'several-faces' | 'unreadable', number>>;
}

/**
 * Writes the faces of a data set as one of its own: `labels.csv` (path, label, split, subject, source), `images/00000/000001.png`,
 * and `left-out.csv` (source, reason) with the pictures that gave no face.
 *
 * @param out folder, new or empty.
 */
export async function writeFaces(
  table: SampleTable,
  out: string,
  {
    cropper,
    decoder,
    onProgress,
  }: {
    readonly cropper: FaceCropper;
    readonly decoder: ImageDecoder;
    readonly onProgress: (done: number, total: number) => void;
  },
): Promise<FaceSummary> {
  await mkdir(out, { recursive: true });
  if ((await readdir(out)).length > 0)
    throw new UsageError(`--out: ${out} is not empty. Name a new folder; nothing is ever overwritten`);
  const outcomes = { 'no-face': 0, 'one-face': 0, 'several-faces': 0, unreadable: 0 };
  const rows = [['path', 'label', 'split', 'subject', 'source']];
  const leftOut = [['source', 'reason']];
  let faces = 0;
  const made = new Set<string>();
  for (const [id, sample] of table.samples.entries()) {
    const found = await facesOf(table, id, decoder, cropper);
    outcomes[found.outcome]++;
    if (found.crops.length === 0) leftOut.push([sample.place, found.reason]);
    for (const crop of found.crops) {
      // A thousand files a folder, which every file system bears.
      const folder = `images/${String(Math.floor(faces / 1000)).padStart(5, '0')}`;
      if (!made.has(folder)) await mkdir(join(out, folder), { recursive: true });
      made.add(folder);
      const path = `${folder}/${String(++faces).padStart(6, '0')}.png`;
      await writeFile(join(out, path), encodePng(crop), { flag: 'wx' });
      rows.push([path, table.classes[sample.label]!, sample.split, subjectOf(sample), sample.place]);
    }
    onProgress(id + 1, table.samples.length);
  }
  await writeFile(join(out, 'labels.csv'), writeCsv(rows), { flag: 'wx' });
  if (leftOut.length > 1) await writeFile(join(out, 'left-out.csv'), writeCsv(leftOut), { flag: 'wx' });
  return { pictures: table.samples.length, faces, outcomes };
}

/** Crops of one picture never straddle a split: without a subject they share their picture. */
const subjectOf = ({ subject, sequence, place }: Sample): string => subject ?? sequence ?? place;

async function facesOf(
  table: SampleTable,
  id: number,
  decoder: ImageDecoder,
  cropper: FaceCropper,
): Promise<{
  outcome: keyof FaceSummary['outcomes'];
  crops: Awaited<ReturnType<FaceCropper['crop']>>['crops'];
  reason: string;
}> {
  try {
    const stored = await table.load(id);
    const image =
      stored.kind === 'pixels' ? stored.image : await decoder.decode(stored.bytes, table.samples[id]!.place);
    const { outcome, crops, faces } = await cropper.crop(image);
    return { outcome, crops, reason: faces.length === 0 ? 'no face' : `${faces.length} faces` };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return { outcome: 'unreadable', crops: [], reason: error.message };
  }
}
