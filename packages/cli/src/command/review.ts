import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { oneOf, readChoice } from '../argument/choice.ts';
import { declareNumbers, readNumbers } from '../argument/number-option.ts';
import type { NumberOptions } from '../argument/number-option.ts';
import { requireAuditManifest } from '../audit/audit-manifest.ts';
import { auditFiles } from '../audit/names.ts';
import type { DataSettings } from '../data/run-data.ts';
import { UsageError } from '../errors.ts';
import { collectTrusted } from '../review/collect-trusted.ts';
import { reviewPage } from '../review/write-review.ts';
import { fileStore } from '../run-folder/file-store.ts';
import type { Shell } from '../shell.ts';
import { readSettings, trainNumbers } from '../train/read-settings.ts';
import type { Arguments, Command } from './command.ts';
import { command as train } from './train.ts';

const numberOptions = {
  count: { description: 'images to label', whole: true, from: 1, to: 1_000_000, default: 100 },
  seed: { description: 'decides which images a random choice takes', whole: true, from: 0, default: 0 },
} as const satisfies NumberOptions;

/** Options that say what DATA holds; an audit knows them. */
const dataOptions = [
  'labels',
  'samples',
  'size',
  'train-labels',
  'val-fraction',
  'data-seed',
  'noise',
  'noise-seed',
] as const;

/** The same without their defaults, so that it shows whether they are given. */
const dataArguments = Object.fromEntries(
  dataOptions.map((name) => {
    const { default: _, ...rest } = train.args[name] as { default?: unknown };
    return [name, rest];
  }),
);

/** Defaults of the options of a training, none of which changes what DATA holds. */
const standard = Object.fromEntries(
  Object.entries(trainNumbers).flatMap(([name, option]) =>
    'default' in option ? [[name, String(option.default)]] : [],
  ),
);

/** `selfcure review DATA` and `selfcure review --collect FILE`. */
export const command: Command = {
  description:
    'Choose images for a person to label, on a page that exports the decisions; or collect exported decisions into a file for --trusted',
  args: {
    data: {
      type: 'positional',
      required: false,
      description: "'faces', a folder with fer2013.csv, or the folder of an audit",
    },
    ...declareNumbers(numberOptions),
    by: oneOf(
      ['random', 'gain'],
      'random within each given label, which estimates may rest on; or where a verified label mends most, by an audit',
      'random',
    ),
    'show-labels': {
      type: 'boolean',
      description: 'show the given labels on the page; they sway people, so they are hidden otherwise',
    },
    trusted: {
      type: 'string',
      valueHint: 'FILE.csv',
      description: 'labels that are verified already: not chosen again, and kept when decisions are collected',
    },
    collect: { type: 'string', valueHint: 'DECISIONS.csv', description: 'decisions that the page exported' },
    ...dataArguments,
    out: {
      type: 'string',
      valueHint: 'FILE',
      description:
        'file to write; default review.html, in the folder of an audit where one is named; trusted.csv for --collect',
    },
  },
  examples: [
    'selfcure review ./fer2013 --train-labels fer2013 --count 100',
    'selfcure review audits/fer2013-ce-0 --by gain --trusted trusted.csv',
    'selfcure review --collect decisions.csv --out trusted.csv',
  ],
  run: (args, shell) => (args['collect'] === undefined ? write(args, shell) : collect(args, shell)),
};

async function collect(args: Arguments, shell: Shell): Promise<number> {
  if (args['data'] !== undefined)
    throw new UsageError('--collect reads decisions and needs no DATA. Leave one of them out');
  const path = (given: unknown): string => resolve(shell.cwd, String(given));
  const { csv, counts, leftOut } = await collectTrusted(
    path(args['collect']),
    args['trusted'] === undefined ? null : path(args['trusted']),
  );
  const out = path(args['out'] ?? 'trusted.csv');
  await fileStore(dirname(out)).set(basename(out), csv);
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  shell.stdout.write(
    `${out}: ${all} verified labels (${counts['random'] ?? 0} chosen at random)${leftOut > 0 ? `; ${leftOut} samples were left out` : ''}.\n`,
  );
  return 0;
}

async function write(args: Arguments, shell: Shell): Promise<number> {
  if (args['data'] === undefined)
    throw new UsageError("name what to review: 'faces', a folder, or the folder of an audit; or --collect decisions");
  const { count, seed } = readNumbers(numberOptions, args);
  const by = readChoice('by', args['by'], ['random', 'gain']) ?? 'random';
  const folder = resolve(shell.cwd, String(args['data']));
  const audit = existsSync(join(folder, auditFiles.manifest)) ? fileStore(folder) : null;
  const data = await dataOf(args, shell, audit ? folder : null);
  const { html, samples } = await reviewPage(
    data,
    { count, by, seed, showLabels: args['show-labels'] === true },
    audit,
  );
  const out =
    args['out'] === undefined
      ? join(audit ? folder : shell.cwd, 'review.html')
      : resolve(shell.cwd, String(args['out']));
  await fileStore(dirname(out)).set(basename(out), html);
  shell.stdout.write(
    `${out}: ${samples} images. Open it, label them, export the decisions as CSV, then: selfcure review --collect decisions.csv --out trusted.csv\n`,
  );
  return 0;
}

/** What DATA holds: by the options, or by those of the audit. */
async function dataOf(args: Arguments, shell: Shell, audit: string | null): Promise<DataSettings> {
  const engine = { backend: 'wasm' };
  if (!audit) {
    const given = [...dataOptions, 'data', 'trusted'].flatMap((name) =>
      args[name] === undefined ? [] : [[name, args[name]] as const],
    );
    return readSettings({ ...standard, ...Object.fromEntries(given) }, engine, shell.cwd);
  }
  const named = Object.keys(dataArguments).find((name) => args[name] !== undefined);
  if (named !== undefined)
    throw new UsageError(`--${named} belongs to DATA; an audit knows what its data hold. Leave it out`);
  const { options } = await requireAuditManifest(fileStore(audit));
  if (args['trusted'] === undefined) return options;
  const { trusted } = await readSettings({ ...standard, data: 'faces', trusted: args['trusted'] }, engine, shell.cwd);
  return { ...options, trusted };
}
