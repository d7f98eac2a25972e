import { scn, train } from '@selfcure/core';
import { facesDataset } from '@selfcure/data';
import { faceCnn } from '@selfcure/models';
import type { Backend } from '@selfcure/tensor';

/** Largest relative difference from the oracle's losses that passes: float32 against float64 over three steps. */
export const LOSS_TOLERANCE = 1e-3;

const STEPS = 3;
const BATCH = 8;

/** Losses of three training steps of SCN on a small network: the same work on every engine. */
export async function selfTestLosses(backend: Backend): Promise<number[]> {
  const data = facesDataset({ samples: STEPS * BATCH, seed: 1, size: 24 });
  const losses: number[] = [];
  await train({
    backend,
    model: faceCnn({ classes: data.classes.length, size: 24, width: 0.25 }),
    recipe: scn(),
    data,
    epochs: 1,
    batchSize: BATCH,
    callbacks: [{ name: 'SelfTest', onStepEnd: ({ loss }) => void losses.push(loss) }],
  });
  return losses;
}

/** Largest relative difference between two rows of losses. */
export function lossDifference(losses: readonly number[], expected: readonly number[]): number {
  return Math.max(...expected.map((loss, i) => Math.abs(losses[i]! - loss) / Math.abs(loss)));
}
