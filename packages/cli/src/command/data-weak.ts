import { resolve } from 'node:path';
import { oneOf, readChoice } from '../argument/choice.ts';
import { readKeywords } from '../dataset/read-keywords.ts';
import { countProgress } from '../dataset/count-progress.ts';
import { cropFaces, faceArguments } from '../dataset/crop-faces.ts';
import { decoderOf, pathOf } from '../dataset/open-path.ts';
import { UsageError } from '../errors.ts';
import { table } from '../output/format.ts';
import { jsonLine } from '../output/progress.ts';
import type { Command } from './command.ts';

const decoders = ['portable', 'sharp'] as const;

/** `selfcure data weak KEYWORDS_DIR --out DIR`. */
export const command: Command = {
  description:
    'Make a weakly labelled data set of folders named after search keywords: near-duplicates dropped, contradicting pictures left out, faces cut out',
  args: {
    folder: {
      type: 'positional',
      description:
        "folder of folders named after keywords, such as 'happy face', that hold pictures or folders of frames",
    },
    out: { type: 'string', valueHint: 'DIR', description: 'folder to write, new or empty; needed' },
    keywords: {
      type: 'string',
      valueHint: 'FILE.json',
      description: 'classes of keywords that do not name one: {"crying baby": "sad"}',
    },
    faces: { type: 'boolean', description: 'keep what is cut out around every face in place of whole pictures' },
    ...faceArguments,
    decoder: oneOf(
      decoders,
      'what decodes pictures; sharp is faster, reads more formats and must be installed',
      'portable',
    ),
    json: { type: 'boolean', description: 'one JSON object on stdout' },
  },
  examples: [
    'selfcure data weak ./search --out ./weak',
    'selfcure data weak ./search --out ./weak --faces --face-size 112',
  ],
  run: async (args, shell) => {
    if (args['out'] === undefined) throw new UsageError('--out is needed: the folder to write, new or empty');
    const { openFolder, weakDataset } = await import('@selfcure/data/node');
    const decoder = await decoderOf(readChoice('decoder', args['decoder'], decoders) ?? 'portable');
    const folder = openFolder(pathOf(String(args['folder']), shell.cwd));
    const keywords =
      args['keywords'] === undefined ? undefined : await readKeywords(resolve(shell.cwd, String(args['keywords'])));
    const cropper = args['faces'] === true ? await cropFaces(args) : null;
    try {
      const summary = await weakDataset(folder, {
        out: resolve(shell.cwd, String(args['out'])),
        decoder,
        ...(keywords && { keywords }),
        ...(cropper && { crop: cropper.cut }),
        onProgress: countProgress(shell, 'pictures'),
      });
      if (args['json'] === true) {
        jsonLine(shell, { ...summary });
      } else {
        const dropped = Object.entries(summary.dropped).map(([reason, count]) => `${count} ${reason}`);
        shell.stdout.write(
          `${table(['class', 'pictures'], Object.entries(summary.perClass))}\n${summary.kept} kept of ${summary.images} looked at` +
            `${dropped.length > 0 ? `; left out: ${dropped.join(', ')}` : ''}. The labels say what was searched for.\n`,
        );
      }
      return 0;
    } finally {
      await cropper?.close();
    }
  },
};
