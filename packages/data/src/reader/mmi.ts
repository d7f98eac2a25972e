import { checkWhole } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import { placeOf } from '../folder/data-folder.ts';
import type { FolderIndex } from '../folder/folder-index.ts';
import { joinPath } from '../folder/folder-index.ts';
import { decodeText } from '../folder/text-lines.ts';
import { expressionClasses } from '../table/expression-classes.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import { countDrop } from '../table/sample-table.ts';
import { inFrameOrder, stem } from './frames.ts';
import type { DatasetReader } from './reader.ts';
import { defineReader, pathTable } from './reader.ts';

/** Options of {@link mmi}. */
export interface MmiOptions {
  /** Frames in the middle of each sequence that show the expression (it rises and falls again). Default 3. */
  readonly peakFrames?: number;
  /** Whether the first frame of each sequence counts as neutral. Default true. */
  readonly neutral?: boolean;
}

/** MMI's codes from 1: anger, disgust, fear, happiness, sadness, surprise. */
const classOfCode: readonly number[] = [0, 1, 2, 3, 4, 5];

/** The reader behind `mmi`. */
export const mmiReader: DatasetReader<MmiOptions> = /* @__PURE__ */ defineReader<MmiOptions, { root: string }>({
  name: 'mmi',
  title: 'MMI',
  layout: [
    'Sessions/1767/session.xml',
    'Sessions/1767/S053-001.xml          <Metatag Name="Emotion" Value="1"/> (1 to 6)',
    'Sessions/1767/S053-001/00001.png    (frames of S053-001.avi)',
  ],
  obtain: 'https://mmifacedb.eu/, under a signed agreement',
  terms: 'research; no redistribution',
  async locate(index) {
    const root = await index.find('Sessions', 'folder');
    if (root === undefined) return { evidence: [], difference: 'there is no folder Sessions' };
    for (const session of await index.folders(root)) {
      if ((await index.find(`${root}/${session}/session.xml`, 'file')) !== undefined)
        return { evidence: [`the folder ${root}`, `${root}/${session}/session.xml`], place: { root } };
    }
    return { evidence: [`the folder ${root}`], difference: `no folder in ${root} holds a session.xml` };
  },
  async table(index, { root }, { peakFrames = 3, neutral = true }) {
    checkWhole('peakFrames', peakFrames, 1, 1000);
    const dropped: Record<string, number> = {};
    const samples: Sample[] = [];
    let film: string | undefined;
    for (const session of await index.folders(root)) {
      const folder = `${root}/${session}`;
      const label = await emotionOf(index, folder);
      if (label === undefined) {
        countDrop(dropped, 'no-emotion');
        continue;
      }
      const { clip, code } = label;
      if (classOfCode[code - 1] === undefined) {
        countDrop(dropped, 'other-emotion');
        continue;
      }
      const frames = await framesOf(index, folder, clip);
      if (frames.length === 0) {
        film ??=
          (await index.list(folder)).find(({ name }) => /\.(avi|mp4|mpg|mov)$/i.test(name)) && `${folder}/${clip}`;
        countDrop(dropped, 'no-frames');
        continue;
      }
      // The subject stands before the clip's number: S053-001.
      const subject = /^(S?\d+)-/i.exec(clip)?.[1];
      const count = Math.min(peakFrames, frames.length);
      const start = (frames.length - count) >> 1;
      const add = (place: string, of: number): void => {
        samples.push({ place, label: of, split: 'all', ...(subject !== undefined && { subject }), sequence: session });
      };
      for (const frame of frames.slice(start, start + count)) add(frame, classOfCode[code - 1]!);
      if (neutral && start > 0) add(frames[0]!, 6);
    }
    if (samples.length === 0 && film !== undefined) {
      throw new DataError({
        code: 'no-samples',
        source: placeOf(index.folder, root),
        problem: 'the sessions hold films and no frames',
        remedy: `Take out the frames first, for every film: ffmpeg -i ${film}.avi ${film}/%05d.png`,
      });
    }
    return pathTable({
      reader: 'mmi',
      folder: index.folder,
      classes: expressionClasses(7),
      samples,
      dropped,
      unit: 'sequences',
    });
  },
});

/** The clip of a session and its emotion; undefined where no file names one. */
async function emotionOf(index: FolderIndex, folder: string): Promise<{ clip: string; code: number } | undefined> {
  for (const { name, kind } of await index.list(folder)) {
    if (kind !== 'file' || !/\.xml$/i.test(name) || /(^session|oao_aucs)\.xml$/i.test(name)) continue;
    const path = `${folder}/${name}`;
    const source = placeOf(index.folder, path);
    const text = decodeText(await index.folder.read(path, 1 << 20), source);
    if (!/<\w[^>]*>/.test(text)) throw badXml(source, 'it holds no element');
    for (const tag of text.match(/<Metatag\b[^<>]*>/gi) ?? []) {
      const attribute = (key: string): string | undefined =>
        new RegExp(`\\b${key}\\s*=\\s*["']([^"']*)["']`, 'i').exec(tag)?.[1];
      if (attribute('Name')?.trim().toLowerCase() !== 'emotion') continue;
      const value = attribute('Value')?.trim() ?? '';
      if (!/^\d{1,3}$/.test(value)) throw badXml(source, `the emotion '${value.slice(0, 40)}' is not a whole number`);
      return { clip: stem(name), code: Number(value) };
    }
  }
  return undefined;
}

function badXml(source: string, problem: string): DataError {
  return new DataError({
    code: 'malformed-xml',
    source,
    problem,
    remedy: 'Restore the file from its download; it may be cut off',
  });
}

/** Frames of a clip: pictures in the folder of its name, or in the session's own. */
async function framesOf(index: FolderIndex, folder: string, clip: string): Promise<string[]> {
  const own = await index.find(`${folder}/${clip}`, 'folder');
  const place = own ?? folder;
  return inFrameOrder(await index.images(place)).map((name) => joinPath(place, name));
}

/**
 * Reads the MMI facial expression database (Pantic, Valstar, Rademaker and Maat, ICME 2005), the sessions with one of six
 * emotions. A session's own `.xml` file names the emotion; sessions coded for action units alone are left out. MMI holds
 * films: take out their frames first, into a folder of the film's name beside it.
 *
 * Get it from https://mmifacedb.eu/ under a signed agreement; research only. The database grows and is downloaded by
 * search, so no count is checked.
 *
 * @throws DataError where the layout is another, a session file is damaged, or the films were not taken apart.
 * @example const table = await mmi(openFolder('./MMI'));
 */
export function mmi(folder: DataFolder, options: MmiOptions = {}): Promise<SampleTable> {
  return mmiReader.read(folder, options);
}
