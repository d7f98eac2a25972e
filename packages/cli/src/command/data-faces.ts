import { resolve } from 'node:path';
import { oneOf, readChoice } from '../argument/choice.ts';
import { countProgress } from '../dataset/count-progress.ts';
import { cropFaces, faceArguments } from '../dataset/crop-faces.ts';
import { decoderOf, openTable, pathOf } from '../dataset/open-path.ts';
import { writeFaces } from '../dataset/write-faces.ts';
import { UsageError } from '../errors.ts';
import { jsonLine } from '../output/progress.ts';
import type { Command } from './command.ts';

const decoders = ['portable', 'sharp'] as const;

/** `selfcure data faces PATH --out DIR`. */
export const command: Command = {
  description:
    'Cut out and align the faces of a data set; needs @vladmandic/face-api, whose weights are read from node_modules',
  args: {
    path: { type: 'positional', description: 'folder that holds a data set, or a .csv, .tsv, .parquet or .npz file' },
    out: { type: 'string', valueHint: 'DIR', description: 'folder to write, new or empty; needed' },
    reader: {
      type: 'string',
      valueHint: 'NAME',
      description: "layout to read it as, such as 'raf-db'; default: the one that fits",
    },
    ...faceArguments,
    decoder: oneOf(
      decoders,
      'what decodes pictures; sharp is faster, reads more formats and must be installed',
      'portable',
    ),
    json: { type: 'boolean', description: 'one JSON object on stdout' },
  },
  examples: [
    'selfcure data faces ./photos --out ./faces',
    'selfcure data faces ./photos --out ./faces --several all --face-size 160',
  ],
  run: async (args, shell) => {
    if (args['out'] === undefined) throw new UsageError('--out is needed: the folder to write, new or empty');
    const decoder = await decoderOf(readChoice('decoder', args['decoder'], decoders) ?? 'portable');
    const reader = args['reader'] === undefined ? undefined : String(args['reader']);
    const table = await openTable(pathOf(String(args['path']), shell.cwd), reader);
    const out = resolve(shell.cwd, String(args['out']));
    const cropper = await cropFaces(args);
    try {
      const summary = await writeFaces(table, out, { cropper, decoder, onProgress: countProgress(shell, 'pictures') });
      const { outcomes } = summary;
      if (args['json'] === true) {
        jsonLine(shell, { ...summary, out });
      } else {
        shell.stdout.write(
          `${summary.faces} faces of ${summary.pictures} pictures: ${outcomes['one-face']} with one face, ` +
            `${outcomes['several-faces']} with several, ${outcomes['no-face']} with none, ${outcomes.unreadable} unreadable.\n` +
            `${out}: labels.csv and images/; left-out.csv names the pictures that gave none.\n`,
        );
      }
      return 0;
    } finally {
      await cropper.close();
    }
  },
};
