import { checkChoice, checkWhole } from '../error/check.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import { joinPath } from '../folder/folder-index.ts';
import type { PublishedCounts } from '../table/counts.ts';
import { expressionClasses, expressionOf } from '../table/expression-classes.ts';
import type { Sample, SampleTable } from '../table/sample-table.ts';
import { countDrop } from '../table/sample-table.ts';
import { inFrameOrder, lastFrames } from './frames.ts';
import type { DatasetReader } from './reader.ts';
import { defineReader, pathTable } from './reader.ts';

/** Options of {@link ouluCasia}. */
export interface OuluCasiaOptions {
  /** `'VL'` (default): visible light; `'NI'`: near infrared. */
  readonly camera?: 'VL' | 'NI';
  /** Default `'Strong'`, as most published figures use. */
  readonly light?: 'Strong' | 'Weak' | 'Dark';
  /** Frames at the end of each sequence that show the expression. Default 3. */
  readonly lastFrames?: number;
  /** Whether the first frame of each sequence counts as neutral. Default true. */
  readonly neutral?: boolean;
}

/**
 * 80 people with six expressions each, under one camera and light: Zhao, Huang, Taini, Li and Pietikäinen, Image and
 * Vision Computing 29 (2011).
 */
const published: PublishedCounts = {
  source: 'Zhao et al., Image and Vision Computing 29, 2011: 80 people, six expressions each',
  splits: { all: { total: 480, perClass: { angry: 80, disgust: 80, fear: 80, happy: 80, sad: 80, surprise: 80 } } },
  subjects: 80,
};

const archives = [
  '',
  'OriginalImg',
  'B_OriginalImg',
  'B_OriginalImg/OriginalImg',
  'PreProcess Img',
  'PreProcessImg',
  'C_PreProcessImg',
];

/** The reader behind `ouluCasia`. */
export const ouluCasiaReader: DatasetReader<OuluCasiaOptions> = /* @__PURE__ */ defineReader<
  OuluCasiaOptions,
  { root: string }
>({
  name: 'oulu-casia',
  title: 'Oulu-CASIA NIR&VIS',
  layout: ['OriginalImg/VL/Strong/P001/Anger/000.jpeg', '(NI for near infrared; Weak, Dark for other light)'],
  obtain: 'University of Oulu, Center for Machine Vision and Signal Analysis, by request',
  terms: 'research; no redistribution',
  async locate(index, { camera = 'VL', light = 'Strong' }) {
    checkChoice('camera', camera, ['VL', 'NI']);
    checkChoice('light', light, ['Strong', 'Weak', 'Dark']);
    const root = await index.findFirst(
      archives.flatMap((archive) =>
        [`${camera}/${light}`, `${camera}_Acropped/${light}`].map((path) => joinPath(archive, path)),
      ),
      'folder',
    );
    if (root === undefined) return { evidence: [], difference: `there is no folder OriginalImg/${camera}/${light}` };
    const people = (await index.folders(root)).filter((name) => /^P\d{3}$/i.test(name));
    const evidence = [`the folder ${root}`];
    if (people.length === 0) return { evidence, difference: `${root} holds no folder P001` };
    return { evidence: [...evidence, `${people.length} people in it`], place: { root } };
  },
  async table(index, { root }, { lastFrames: last = 3, neutral = true }) {
    checkWhole('lastFrames', last, 1, 1000);
    const dropped: Record<string, number> = {};
    const samples: Sample[] = [];
    for (const subject of (await index.folders(root)).filter((name) => /^P\d{3}$/i.test(name))) {
      for (const name of await index.folders(`${root}/${subject}`)) {
        const label = expressionOf(name);
        const sequence = `${subject}/${name}`;
        const frames = inFrameOrder(await index.images(`${root}/${sequence}`));
        if (label === undefined || frames.length === 0) {
          countDrop(dropped, label === undefined ? 'no-expression' : 'no-frames');
          continue;
        }
        const chosen = lastFrames(frames, last, neutral);
        const add = (frame: string, of: number): void => {
          samples.push({ place: `${root}/${sequence}/${frame}`, label: of, split: 'all', subject, sequence });
        };
        for (const frame of chosen.expression) add(frame, label);
        for (const frame of chosen.neutral) add(frame, expressionOf('neutral')!);
      }
    }
    return pathTable({
      reader: 'oulu-casia',
      folder: index.folder,
      classes: expressionClasses(7),
      samples,
      dropped,
      unit: 'sequences',
      published,
    });
  },
});

/**
 * Reads Oulu-CASIA NIR&VIS (Zhao et al., 2011): sequences of 80 people that begin neutral and end at the height of one of six
 * expressions. Every sample knows its subject; `groupFolds` makes the usual ten folds of eight people each.
 *
 * Get it from the Center for Machine Vision and Signal Analysis, University of Oulu, by request; research only. 480
 * sequences under one camera and light are published and checked.
 *
 * @throws DataError where the layout is another.
 * @example
 * const data = await tableDataset(await ouluCasia(openFolder('./Oulu_CASIA')), { size: 96 });
 * const folds = groupFolds(data, { folds: 10 });
 */
export function ouluCasia(folder: DataFolder, options: OuluCasiaOptions = {}): Promise<SampleTable> {
  return ouluCasiaReader.read(folder, options);
}
