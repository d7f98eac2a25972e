import { checkWhole } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import { placeOf } from '../folder/data-folder.ts';
import type { FolderIndex } from '../folder/folder-index.ts';
import { joinPath } from '../folder/folder-index.ts';
import type { PublishedCounts } from '../table/counts.ts';
import { expressionClasses } from '../table/expression-classes.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import { countDrop } from '../table/sample-table.ts';
import { inFrameOrder, stem } from './frames.ts';
import type { DatasetReader } from './reader.ts';
import { defineReader, pathTable } from './reader.ts';
import { classFolders } from './split-folders.ts';

/** Options of {@link afew}. */
export interface AfewOptions {
  /** Most frames to take of each clip, at even distances. Default: all. */
  readonly framesPerClip?: number;
}

/**
 * Clips by class of AFEW as EmotiW 2016 gave it out: README of albanie/mcnDatasets (afew3.0). The test part has no public
 * labels.
 */
const published: PublishedCounts = {
  source: 'EmotiW 2016, as counted by albanie/mcnDatasets',
  splits: {
    train: {
      total: 773,
      perClass: { angry: 133, disgust: 74, fear: 81, happy: 150, sad: 117, surprise: 74, neutral: 144 },
    },
    valid: {
      total: 383,
      perClass: { angry: 64, disgust: 40, fear: 46, happy: 63, sad: 61, surprise: 46, neutral: 63 },
    },
  },
};

const places: Readonly<Record<string, readonly string[]>> = {
  train: ['Train_AFEW', 'Train', 'train_afew'],
  valid: ['Val_AFEW', 'Val', 'val_afew'],
};

interface Part {
  readonly split: string;
  readonly path: string;
}

/** The reader behind `afew`. */
export const afewReader: DatasetReader<AfewOptions> = /* @__PURE__ */ defineReader<
  AfewOptions,
  { parts: readonly Part[] }
>({
  name: 'afew',
  title: 'AFEW',
  layout: ['Train_AFEW/Angry/000046280/00001.jpg    (frames of Train_AFEW/Angry/000046280.avi)', 'Val_AFEW/Happy/…'],
  obtain: 'https://cs.anu.edu.au/few/AFEW.html, under a signed agreement',
  terms: 'research; no redistribution',
  async locate(index) {
    const parts: Part[] = [];
    let clips = 0;
    for (const [split, paths] of Object.entries(places)) {
      const path = await index.findFirst(paths, 'folder');
      if (path === undefined) continue;
      for (const { path: folder } of await classFolders(index, path))
        clips += (await clipsOf(index, folder)).filter((name) => /^\d{6,}$/.test(name)).length;
      parts.push({ split, path });
    }
    if (clips === 0)
      return { evidence: [], difference: 'there is no folder Train_AFEW/Angry with clips like 000046280' };
    return {
      evidence: [...parts.map(({ path }) => `the folder ${path}`), `${clips} clips with numbers for names`],
      place: { parts },
    };
  },
  async table(index, { parts }, { framesPerClip }) {
    if (framesPerClip !== undefined) checkWhole('framesPerClip', framesPerClip, 1, 10_000);
    const dropped: Record<string, number> = {};
    const samples: Sample[] = [];
    let film: string | undefined;
    for (const { split, path } of parts) {
      for (const { path: folder, label } of await classFolders(index, path)) {
        for (const clip of await clipsOf(index, folder)) {
          const place = joinPath(folder, clip);
          const frames = inFrameOrder(await index.images(place));
          if (frames.length === 0) {
            film ??= place;
            countDrop(dropped, 'no-frames');
            continue;
          }
          const count = Math.min(framesPerClip ?? frames.length, frames.length);
          for (let k = 0; k < count; k++) {
            // The middles of equal stretches.
            const frame = frames[Math.floor(((k + 0.5) * frames.length) / count)]!;
            samples.push({ place: joinPath(place, frame), label, split, sequence: clip });
          }
        }
      }
    }
    if (samples.length === 0 && film !== undefined) {
      throw new DataError({
        code: 'no-samples',
        source: placeOf(index.folder, parts[0]!.path),
        problem: 'it holds films and no frames',
        remedy: `Take out the frames first, for every film: ffmpeg -i ${film}.avi ${film}/%05d.jpg`,
      });
    }
    return pathTable({
      reader: 'afew',
      folder: index.folder,
      classes: expressionClasses(7),
      samples,
      dropped,
      unit: 'sequences',
      published,
    });
  },
});

/** Names of the clips in a class folder: films, and folders of their frames. */
async function clipsOf(index: FolderIndex, folder: string): Promise<string[]> {
  const films = (await index.list(folder)).filter(({ name, kind }) => kind === 'file' && /\.(avi|mp4)$/i.test(name));
  return [...new Set([...(await index.folders(folder)), ...films.map(({ name }) => stem(name))])].sort();
}

/**
 * Reads AFEW, acted facial expressions in the wild (Dhall, Goecke, Lucey and Gedeon, IEEE MultiMedia 2012): clips of films with
 * seven expressions. Take out their frames first, into a folder of the clip's name beside it; frames of one clip are one
 * sequence. The test part has no public labels and is not read.
 *
 * Get it from https://cs.anu.edu.au/few/AFEW.html under a signed agreement; research only. 773 clips to train on and 383 to
 * validate on are published and checked.
 *
 * @throws DataError where the layout is another or the films were not taken apart.
 * @example const table = await afew(openFolder('./AFEW'), { framesPerClip: 16 });
 */
export function afew(folder: DataFolder, options: AfewOptions = {}): Promise<SampleTable> {
  return afewReader.read(folder, options);
}
