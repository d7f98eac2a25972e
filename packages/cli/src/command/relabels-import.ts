import { resolve } from 'node:path';
import { readDecisionsFile } from '../run-folder/decisions-file.ts';
import { fileStore } from '../run-folder/file-store.ts';
import { importDecisions } from '../run-folder/review-decisions.ts';
import { readStoredLabels } from '../run-folder/stored-labels.ts';
import { writeLedger } from '../run-folder/write-ledger.ts';
import type { Command } from './command.ts';

/** `selfcure relabels import RUN_DIR DECISIONS`. */
export const command: Command = {
  description:
    "Take decisions of a review over into the labels of a run, as a person's word: labels are verified, and what is left out stays out. 'relabels undo --review' takes them back",
  args: {
    run: { type: 'positional', description: 'run folder; no training may be under way in it' },
    decisions: {
      type: 'positional',
      description: 'CSV that the page of an audit or a review exported: columns sample,decision,label',
    },
  },
  examples: ['selfcure relabels import runs/faces-cure-0 decisions.csv'],
  run: async (args, shell) => {
    const store = fileStore(resolve(shell.cwd, String(args['run'])));
    const stored = await readStoredLabels(store);
    const { state, samples } = stored;
    const decisions = await readDecisionsFile(resolve(shell.cwd, String(args['decisions'])), {
      ids: samples.ids,
      given: state.ledger.given,
      classes: samples.classes,
    });
    const { ledger, labelled, dropped, already } = importDecisions(state, decisions, samples.classes.length);
    if (labelled + dropped > 0) await writeLedger(store, stored, ledger);
    shell.stdout.write(
      labelled + dropped === 0
        ? `Nothing to do: ${already} decisions stand already.\n`
        : `${labelled} labels verified, ${dropped} samples left out${already > 0 ? `; ${already} decisions stood already` : ''}.\n`,
    );
    return 0;
  },
};
