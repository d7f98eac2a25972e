import { resolve } from 'node:path';
import type { LabelChange } from '@selfcure/core';
import { declareNumbers, readNumbers } from '../argument/number-option.ts';
import type { NumberOptions } from '../argument/number-option.ts';
import { UsageError } from '../errors.ts';
import { table } from '../output/format.ts';
import { jsonLine } from '../output/progress.ts';
import { fileStore } from '../run-folder/file-store.ts';
import { changesOf } from '../run-folder/labels-table.ts';
import { readStoredLabels } from '../run-folder/stored-labels.ts';
import type { Command } from './command.ts';

const numberOptions = {
  sample: { description: 'changes of this sample', whole: true, from: 0 },
  epoch: { description: 'changes of this epoch', whole: true, from: 0 },
  limit: { description: 'rows at most, the latest', whole: true, from: 1, default: 100 },
} as const satisfies NumberOptions;

/** `selfcure relabels list RUN_DIR`. */
export const command: Command = {
  description: 'List label changes with their evidence, oldest first',
  args: {
    run: { type: 'positional', description: 'run folder' },
    class: { type: 'string', valueHint: 'NAME', description: 'changes from or to this class' },
    ...declareNumbers(numberOptions),
    json: { type: 'boolean', description: 'one JSON object a line' },
  },
  examples: [
    'selfcure relabels list runs/faces-cure-0 --class happy',
    'selfcure relabels list runs/faces-cure-0 --sample 17 --json',
  ],
  run: async (args, shell) => {
    const { sample, epoch, limit } = readNumbers(numberOptions, args);
    const { state, samples } = await readStoredLabels(fileStore(resolve(shell.cwd, String(args['run']))));
    const { classes, ids } = samples;
    const label = args['class'] === undefined ? undefined : classes.indexOf(String(args['class']));
    if (label === -1) throw new UsageError(`--class: '${String(args['class'])}' is not one of ${classes.join(', ')}`);
    if (sample !== undefined && !ids.includes(sample))
      throw new UsageError(`--sample: ${sample} is no sample of this run's training data`);
    const found = changesOf(state.ledger.log, ids).filter(
      (change) =>
        (sample === undefined || change.sample === sample) &&
        (epoch === undefined || change.epoch === epoch) &&
        (label === undefined || change.from === label || change.to === label),
    );
    const shown = found.slice(-limit);
    if (args['json'] === true) {
      for (const change of shown) jsonLine(shell, { ...change, from: classes[change.from], to: classes[change.to] });
    } else if (shown.length === 0) {
      shell.stdout.write(state.ledger.log.length === 0 ? 'No label was changed.\n' : 'No change fits.\n');
    } else {
      shell.stdout.write(
        table(
          header,
          shown.map((change) => rowOf(change, classes)),
        ),
      );
    }
    if (found.length > shown.length)
      shell.stderr.write(`${found.length - shown.length} earlier changes are not shown; see --limit.\n`);
    return 0;
  },
};

const header = [
  'epoch',
  'sample',
  'kind',
  'from',
  'to',
  'importance',
  'p_given',
  'p_max',
  'score',
  'strategy',
  'reason',
];

function rowOf(
  { epoch, sample, kind, from, to, importance, pGiven, pMax, score, strategy, reason }: LabelChange,
  classes: readonly string[],
): (string | number | null)[] {
  const short = (value: number | null): string | null => (value === null ? null : value.toFixed(3));
  return [
    epoch,
    sample,
    kind,
    classes[from]!,
    classes[to]!,
    short(importance),
    short(pGiven),
    short(pMax),
    short(score),
    strategy,
    reason,
  ];
}
