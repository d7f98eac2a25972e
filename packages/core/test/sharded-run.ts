/** What runs over several workers train, and what two of them are compared by. */
import { adam } from '@selfcure/core';
import type { Method, Run, TrainOptions } from '@selfcure/core';
import { faceCnn } from '@selfcure/models';
import type { Backend } from '@selfcure/tensor';
import { stripes } from './stripes.ts';

/** The options that all workers share, but for the number of epochs. */
export function shardedOptions(
  backend: Backend,
  recipe: Method,
  { samples, learningRate }: { readonly samples: number; readonly learningRate: number },
): Omit<TrainOptions, 'epochs'> {
  return {
    backend,
    recipe,
    model: faceCnn({ classes: 4, size: 12, width: 0.125 }),
    data: stripes({ samples }),
    validation: stripes({ samples: 20, seed: 9 }),
    batchSize: 16,
    optimizer: adam({ learningRate }),
    clip: { norm: 1 },
    weightAverage: 0.9,
    seed: 5,
  };
}

/** What two runs are compared by, as plain data. */
export function dataOf({ state, history, ledger, end }: Run) {
  const perMachine = ['seconds', 'values'];
  return {
    end,
    weights: Object.fromEntries(Object.entries(state.weights).map(([name, values]) => [name, [...values]])),
    changes: ledger.changes().map(({ sample, epoch, kind, to }) => ({ sample, epoch, kind, to })),
    logs: history.epochs.map((log) =>
      Object.fromEntries(Object.entries(log).filter(([name]) => !perMachine.includes(name))),
    ),
  };
}

/** Plain data of a run. */
export type RunData = ReturnType<typeof dataOf>;
