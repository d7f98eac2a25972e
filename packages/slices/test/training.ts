/** The run that the tests of slices share, and what two runs are compared by. */
import { createHash } from 'node:crypto';
import { adam, scn } from '@selfcure/core';
import type { TrainState } from '@selfcure/core';
import { faceCnn } from '@selfcure/models';
import type { SliceTraining } from '@selfcure/slices';
import type { Backend } from '@selfcure/tensor';
import { stripes } from '../../core/test/stripes.ts';

const data = stripes({ samples: 67 });
const validation = stripes({ samples: 20, seed: 9 });

/** A run over noisy images that changes labels at the ends of epochs: 3 epochs of 4 steps. */
export function tinyTraining(backend: Backend): SliceTraining {
  return {
    backend,
    recipe: scn({ preset: 'official-code', relabelEpoch: 1, margin2: 0.05 }),
    model: faceCnn({ classes: 4, size: 12, width: 0.125 }),
    data,
    validation,
    batchSize: 16,
    optimizer: adam({ learningRate: 3e-3 }),
    weightAverage: 0.9,
    keepBest: 'validation/accuracy',
    epochs: 3,
    seed: 5,
  };
}

/** The same for longer: epochs of 4 steps. */
export const longTraining = (backend: Backend, epochs: number): SliceTraining => ({ ...tinyTraining(backend), epochs });

/** Values of the log that belong to the machine and the hour. */
const perMachine = ['seconds', 'values'];

/** Everything of a state that has to be the same to the bit: hashes of arrays and values, by path. */
export function bitsOf(state: TrainState): Record<string, unknown> {
  const history = state.history.map((log) =>
    Object.fromEntries(Object.entries(log).filter(([name]) => !perMachine.includes(name))),
  );
  const leaves: [string, unknown][] = [];
  const walk = (path: string, value: unknown): void => {
    if (ArrayBuffer.isView(value)) {
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      leaves.push([path, `${value.constructor.name} ${createHash('sha256').update(bytes).digest('hex')}`]);
    } else if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
      for (const [name, inner] of Object.entries(value)) walk(`${path}/${name}`, inner);
    } else leaves.push([path, value]);
  };
  walk('', { ...state, history });
  return Object.fromEntries(leaves);
}
