import { basename, dirname, resolve } from 'node:path';
import { oneOf, readChoice } from '../argument/choice.ts';
import { writeCsv } from '../run-folder/csv.ts';
import { fileStore } from '../run-folder/file-store.ts';
import { changesTable } from '../run-folder/labels-table.ts';
import { readStoredLabels } from '../run-folder/stored-labels.ts';
import type { StoredLabels } from '../run-folder/stored-labels.ts';
import type { Command } from './command.ts';

const formats = ['csv', 'jsonl'] as const;

/** `selfcure relabels export RUN_DIR`. */
export const command: Command = {
  description: 'Write the log of label changes, or with --cured the labels as they stand',
  args: {
    run: { type: 'positional', description: 'run folder' },
    format: oneOf(formats, 'form of the file', 'csv'),
    cured: {
      type: 'boolean',
      description: "every sample with its current label: a file for 'selfcure train --labels'",
    },
    out: { type: 'string', valueHint: 'FILE', description: 'file to write; default: stdout' },
  },
  examples: [
    'selfcure relabels export runs/faces-cure-0 --cured --out cured.csv',
    'selfcure relabels export runs/faces-cure-0 --format jsonl',
  ],
  run: async (args, shell) => {
    const format = readChoice('format', args['format'], formats) ?? 'csv';
    const stored = await readStoredLabels(fileStore(resolve(shell.cwd, String(args['run']))));
    const text =
      args['cured'] === true ? curedLabels(stored, format) : changesTable(stored.state.ledger, stored.samples, format);
    if (args['out'] === undefined) {
      shell.stdout.write(text);
      return 0;
    }
    const path = resolve(shell.cwd, String(args['out']));
    await fileStore(dirname(path)).set(basename(path), text);
    shell.stderr.write(`Wrote ${path}.\n`);
    return 0;
  },
};

/** Current labels; a dropped sample stands under its given label, with 1 in `dropped`. */
function curedLabels({ state, samples }: StoredLabels, format: 'csv' | 'jsonl'): string {
  const { given, current, dropped } = state.ledger;
  const rows = Array.from(samples.ids, (sample, k) => ({
    sample,
    label: samples.classes[current[k]!]!,
    given: samples.classes[given[k]!]!,
    dropped: dropped[k]!,
  })).filter(({ sample }) => sample >= 0);
  if (format === 'jsonl') return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  return writeCsv([
    ['sample', 'label', 'given', 'dropped'],
    ...rows.map((row) => [row.sample, row.label, row.given, row.dropped]),
  ]);
}
