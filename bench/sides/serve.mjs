/** The far end of a side in JavaScript: what it answers to the requests of ../side.mjs. */
import { openGpu } from '#gpu';
import { describeError } from '../error.mjs';
import { readArrays } from './arrays.mjs';

/**
 * A side that has been set up.
 *
 * @typedef {object} Side
 * @property {import('../side.mjs').SideDescription} description
 * @property {(variant: string) => Promise<number>} step one training step on the next batch; its objective, from before the update
 * @property {(variant: string) => Promise<readonly Float32Array[]>} statistics running means and variances
 */

/**
 * Answers of a side to requests, by their names. A side that computes by WebGPU (`gpu` in its set-up) tells its adapter and
 * answers `gpuUse` too.
 *
 * @param {(setUp: { problem: import('../problem.mjs').Problem, arrays: ReturnType<typeof readArrays> }) => Promise<Side>} open
 * @param {(path: string) => Promise<Uint8Array>} readBytes
 */
export function answersOf(open, readBytes) {
  let side = null;
  let gpu = null;
  return {
    setUp: async (message) => {
      const { problem } = message;
      if (message.gpu) gpu = await openGpu();
      side = await open({ ...message, arrays: readArrays(problem, await readBytes(problem.arrays)) });
      return { ...side.description, ...(gpu && { adapter: gpu.adapter }) };
    },
    steps: async ({ count, variant }) => {
      const milliseconds = [];
      const objectives = [];
      for (let i = 0; i < count; i++) {
        const start = performance.now();
        objectives.push(await side.step(variant));
        milliseconds.push(performance.now() - start);
      }
      return { milliseconds, objectives };
    },
    statistics: async ({ variant }) => ({ rms: rootMeanSquare(await side.statistics(variant)) }),
    gpuUse: ({ variant }) => gpu.meter.measure(() => side.step(variant)),
  };
}

/**
 * One answer; an error is an answer too.
 *
 * @param {Record<string, (request: object) => Promise<object>>} answers
 * @param {{ do: string }} message
 */
export const answer = (answers, message) =>
  answers[message.do](message).catch((error) => ({ error: describeError(error) }));

/** Over the values of all arrays. */
function rootMeanSquare(arrays) {
  const values = arrays.flatMap((array) => [...array]);
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
