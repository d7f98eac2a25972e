import type { DataFolder } from '../folder/data-folder.ts';
import { joinPath } from '../folder/folder-index.ts';
import type { PublishedCounts } from '../table/counts.ts';
import { expressionClasses } from '../table/expression-classes.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import type { DatasetReader } from './reader.ts';
import { defineReader, pathTable } from './reader.ts';
import { classFolders } from './split-folders.ts';

/** Options of {@link sfew}. */
export interface SfewOptions {
  /** `'frames'` (default): whole stills of the films; `'aligned'`: the faces cut out of them. */
  readonly images?: 'frames' | 'aligned';
}

/**
 * 958 and 436: the table of data sets in the survey of arXiv 2408.15777. Its test part has no public labels. Faces were
 * not found in every still, so the aligned form holds fewer, and nothing is checked for it.
 */
const published: PublishedCounts = {
  source: 'survey of arXiv 2408.15777 (SFEW 2.0)',
  splits: { train: { total: 958 }, valid: { total: 436 } },
};

/** Where a part of SFEW may be, by form. */
const places: Readonly<Record<'frames' | 'aligned', Readonly<Record<string, readonly string[]>>>> = {
  frames: { train: ['Train'], valid: ['Val'] },
  aligned: {
    train: ['Train/Train_Aligned_Faces', 'Train_Aligned_Faces'],
    valid: ['Val/Val_Aligned_Faces', 'Val_Aligned_Faces', 'Val/Val_Aligned_Faces_new', 'Val_Aligned_Faces_new'],
  },
};

/** Stills are named after film, time and frame: AlexandEmma_001150240_00000013.png. */
const still = /^(.+)_\d{9}_\d{8}\.\w+$/;

interface Part {
  readonly split: string;
  readonly path: string;
}

/** The reader behind `sfew`. */
export const sfewReader: DatasetReader<SfewOptions> = /* @__PURE__ */ defineReader<
  SfewOptions,
  { parts: readonly Part[]; images: 'frames' | 'aligned' }
>({
  name: 'sfew',
  title: 'SFEW 2.0',
  layout: [
    'Train/Angry/AlexandEmma_001150240_00000013.png',
    'Val/Happy/…',
    'or Train_Aligned_Faces/Angry/…, Val_Aligned_Faces/Angry/…',
  ],
  obtain: 'https://cs.anu.edu.au/few/, under a signed agreement',
  terms: 'research; no redistribution',
  async locate(index, { images }) {
    const forms = images === undefined ? (['frames', 'aligned'] as const) : [images];
    for (const form of forms) {
      const parts: Part[] = [];
      let stills = 0;
      for (const [split, paths] of Object.entries(places[form])) {
        const path = await index.findFirst(paths, 'folder');
        if (path === undefined) continue;
        const classes = await classFolders(index, path);
        for (const { path: folder } of classes)
          stills += (await index.images(folder)).filter((name) => still.test(name)).length;
        if (classes.length > 0) parts.push({ split, path });
      }
      if (stills > 0) {
        return {
          evidence: [
            ...parts.map(({ path }) => `the folder ${path}`),
            `${stills} stills named after film, time and frame`,
          ],
          place: { parts, images: form },
        };
      }
    }
    return {
      evidence: [],
      difference: 'there is no folder Train/Angry with stills like AlexandEmma_001150240_00000013.png',
    };
  },
  async table(index, { parts, images }) {
    const samples: Sample[] = [];
    for (const { split, path } of parts) {
      for (const { path: folder, label } of await classFolders(index, path)) {
        for (const name of await index.images(folder)) {
          const film = still.exec(name)?.[1];
          samples.push({ place: joinPath(folder, name), label, split, ...(film !== undefined && { sequence: film }) });
        }
      }
    }
    return pathTable({
      reader: 'sfew',
      folder: index.folder,
      classes: expressionClasses(7),
      samples,
      published: images === 'frames' ? published : null,
    });
  },
});

/**
 * Reads SFEW 2.0, static facial expressions in the wild (Dhall, Goecke, Lucey and Gedeon, ICCV Workshops 2011; ICMI 2015):
 * stills of films with seven expressions. Stills of one film are one sequence, and do not straddle a split. The test part
 * has no public labels and is not read.
 *
 * Get it from https://cs.anu.edu.au/few/ under a signed agreement; research only. 958 stills to train on and 436 to
 * validate on are published and checked.
 *
 * @throws DataError where the layout is another.
 * @example const table = await sfew(openFolder('./SFEW_2'));
 */
export function sfew(folder: DataFolder, options: SfewOptions = {}): Promise<SampleTable> {
  return sfewReader.read(folder, options);
}
