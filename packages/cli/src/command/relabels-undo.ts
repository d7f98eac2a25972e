import { resolve } from 'node:path';
import { declareNumbers, readNumbers } from '../argument/number-option.ts';
import type { NumberOptions } from '../argument/number-option.ts';
import { UsageError } from '../errors.ts';
import { fileStore } from '../run-folder/file-store.ts';
import { isReviewed, undoReview } from '../run-folder/review-decisions.ts';
import { readStoredLabels } from '../run-folder/stored-labels.ts';
import { undoSample, undoToEpoch } from '../run-folder/undo.ts';
import { writeLedger } from '../run-folder/write-ledger.ts';
import type { Command } from './command.ts';

const numberOptions = {
  'to-epoch': {
    description: 'take back the changes of later epochs than this; 0 takes back all',
    whole: true,
    from: 0,
  },
  sample: { description: 'give this sample its given label back', whole: true, from: 0 },
} as const satisfies NumberOptions;

/** `selfcure relabels undo RUN_DIR`. */
export const command: Command = {
  description: 'Take label changes back. They are new entries of the log; the model stays as it was trained',
  args: {
    run: { type: 'positional', description: 'run folder; no training may be under way in it' },
    ...declareNumbers(numberOptions),
    review: { type: 'boolean', description: "take back what 'relabels import' took over" },
  },
  examples: [
    'selfcure relabels undo runs/faces-cure-0 --to-epoch 10',
    'selfcure relabels undo runs/faces-cure-0 --sample 17',
    'selfcure relabels undo runs/faces-cure-0 --review',
  ],
  run: async (args, shell) => {
    const { 'to-epoch': epoch, sample } = readNumbers(numberOptions, args);
    const review = args['review'] === true;
    if ([epoch !== undefined, sample !== undefined, review].filter(Boolean).length !== 1)
      throw new UsageError('give either --to-epoch or --sample, or --review');
    const store = fileStore(resolve(shell.cwd, String(args['run'])));
    const stored = await readStoredLabels(store);
    const { state, samples } = stored;
    const classes = samples.classes.length;
    if (epoch !== undefined && epoch > state.history.length) {
      throw new UsageError(`--to-epoch: ${epoch} is beyond the ${state.history.length} finished epochs of this run`);
    }
    const position = sample === undefined ? -1 : samples.ids.indexOf(sample);
    if (sample !== undefined && position < 0)
      throw new UsageError(`--sample: ${sample} is no sample of this run's training data`);
    const { ledger, count } = review
      ? undoReview(state, classes)
      : epoch !== undefined
        ? undoToEpoch(state, epoch, classes)
        : isReviewed(state.ledger, position)
          ? undoReview(state, classes, position)
          : undoSample(state, position, classes);
    await writeLedger(store, stored, ledger);
    shell.stdout.write(
      count === 0
        ? 'Nothing to take back.\n'
        : `Took back the changes of ${count} ${count === 1 ? 'sample' : 'samples'}.\n`,
    );
    return 0;
  },
};
