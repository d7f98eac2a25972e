import type { Dataset } from '@selfcure/core';
import { ce, evaluate, measureNormalization, sgd, train } from '@selfcure/core';
import { faceCnn } from '@selfcure/models';
import { reference } from '@selfcure/reference';
import type { Backend } from '@selfcure/tensor';
import { expect, it } from 'vitest';
import { stripes } from './stripes.ts';

const model = faceCnn({ classes: 4, size: 12, width: 0.125 });

/** A data set and an engine that note when a read begins and ends, and when a step begins and ends. */
function noted(): { data: Dataset; backend: Backend; notes: string[] } {
  const notes: string[] = [];
  const whole = stripes({ samples: 80 });
  let reads = 0;
  const data: Dataset = {
    ...whole,
    async read(ids) {
      const number = reads++;
      notes.push(`read ${number}`);
      // As threads would: the answer comes when the thread that asked has a turn.
      await new Promise((resolve) => setTimeout(resolve, 0));
      notes.push(`pixels ${number}`);
      return whole.read(ids);
    },
  };
  const inner = reference();
  let runs = 0;
  const backend: Backend = {
    ...inner,
    compile: async (graph) => {
      const program = await inner.compile(graph);
      return {
        ...program,
        run: async (state, inputs) => {
          notes.push(`run ${runs++}`);
          return program.run(state, inputs);
        },
      };
    },
  };
  return { data, backend, notes };
}
const options = { model, recipe: ce(), optimizer: sgd(), batchSize: 16, epochs: 1 };
const normalization = { mean: 128, standardDeviation: 64 };

it('asks for two batches before it computes the one before them, and for no more', async () => {
  const { data, backend, notes } = noted();
  await train({ ...options, backend, data, normalization });
  // Of five steps; nothing is read twice or for a sixth.
  expect(notes.filter((note) => note.startsWith('read'))).toEqual([0, 1, 2, 3, 4].map((n) => `read ${n}`));
  for (const step of [0, 1, 2, 3, 4]) {
    const began = notes.indexOf(`run ${step}`);
    const before = notes.slice(0, began).filter((note) => note.startsWith('read')).length;
    expect(before, `before step ${step}`).toBe(Math.min(5, step + 3));
    expect(notes.indexOf(`pixels ${step}`)).toBeLessThan(began);
  }
});

it('gives the bits of reads that answer at once, in training and evaluation', async () => {
  const { data, backend } = noted();
  const whole = stripes({ samples: 80 });
  expect(await measureNormalization(data)).toEqual(await measureNormalization(whole));
  const [one, other] = [
    await train({ ...options, backend, data, epochs: 2 }),
    await train({ ...options, backend: reference(), data: whole, epochs: 2 }),
  ];
  expect(one.state.weights).toEqual(other.state.weights);
  const scored = async (of: Dataset) =>
    (await evaluate({ backend: reference(), model: one.model, data: of, batchSize: 24 })).predictions.probabilities;
  expect(await scored(data)).toEqual(await scored(whole));
});

it('a read that fails ends the run in its own step, with what was learnt before', async () => {
  const { data, backend, notes } = noted();
  let reads = 0;
  const failing: Dataset = {
    ...data,
    read: (ids) => (++reads === 4 ? Promise.reject(new Error('disk gone')) : data.read(ids)),
  };
  const failed = await train({ ...options, backend, data: failing, normalization }).catch((error: unknown) => error);
  expect(String(failed)).toContain('disk gone');
  // The fourth read is that of the fourth step: three were computed.
  expect(notes.filter((note) => note.startsWith('run'))).toEqual(['run 0', 'run 1', 'run 2']);
});
