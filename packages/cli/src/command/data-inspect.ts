import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { deflateSync } from 'node:zlib';
import { renderDataset } from '@selfcure/report';
import { oneOf, readChoice } from '../argument/choice.ts';
import { declareNumbers, readNumbers } from '../argument/number-option.ts';
import type { NumberOptions } from '../argument/number-option.ts';
import { contactSheets } from '../dataset/contact-sheets.ts';
import { countProgress } from '../dataset/count-progress.ts';
import { decoderOf, openTable, pathOf } from '../dataset/open-path.ts';
import { reportText } from '../dataset/report-text.ts';
import { jsonLine } from '../output/progress.ts';
import type { Command } from './command.ts';

const numberOptions = {
  sheet: { description: 'pictures of every class on the contact sheets', whole: true, from: 0, to: 240, default: 24 },
} as const satisfies NumberOptions;

const decoders = ['portable', 'sharp'] as const;

/** `selfcure data inspect PATH`. */
export const command: Command = {
  description:
    'Look at a data set before training: layout, counts beside the published ones, sizes, duplicates, contradicting labels, unreadable files',
  args: {
    path: { type: 'positional', description: 'folder that holds a data set, or a .csv, .tsv, .parquet or .npz file' },
    reader: {
      type: 'string',
      valueHint: 'NAME',
      description: "layout to read it as, such as 'raf-db'; default: the one that fits",
    },
    decoder: oneOf(
      decoders,
      'what decodes pictures; sharp is faster, reads more formats and must be installed',
      'portable',
    ),
    ...declareNumbers(numberOptions),
    near: {
      type: 'boolean',
      default: true,
      description: 'look for pictures that are alike',
      negativeDescription: 'look for byte-identical pictures alone',
    },
    out: { type: 'string', valueHint: 'FILE.html', description: 'page to write; default runs/data-<name>/report.html' },
    json: { type: 'boolean', description: 'the whole report as one JSON object on stdout' },
  },
  examples: ['selfcure data inspect ./RAF-DB', 'selfcure data inspect train.parquet --out train.html --json'],
  run: async (args, shell) => {
    const { sheet } = readNumbers(numberOptions, args);
    const path = pathOf(String(args['path']), shell.cwd);
    const out = resolve(shell.cwd, String(args['out'] ?? join('runs', `data-${basename(path)}`, 'report.html')));
    const decoder = await decoderOf(readChoice('decoder', args['decoder'], decoders) ?? 'portable');
    const { inspectDataset } = await import('@selfcure/data/node');
    const table = await openTable(path, args['reader'] === undefined ? undefined : String(args['reader']));
    const report = await inspectDataset(table, {
      decoder,
      ...(args['near'] === false && { near: false }),
      onProgress: countProgress(shell, 'pictures'),
    });
    const page = renderDataset({
      title: `Data set ${basename(path)}`,
      facts: report,
      sheets: await contactSheets(table, decoder, sheet),
      deflate: (bytes) => deflateSync(bytes),
    });
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, page);
    if (args['json'] === true) jsonLine(shell, { ...report, page: out });
    else
      shell.stdout.write(
        `${basename(path)}, read as ${report.reader}\n\n${reportText(report)}\nPage with contact sheets: ${out}\n`,
      );
    return 0;
  },
};
