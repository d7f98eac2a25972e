/** The child's end of a side in JavaScript: requests in, answers out, one line of JSON each (see ../side.mjs). */
import { createInterface } from 'node:readline';
import { describeError } from '../error.mjs';

/**
 * A side that has been set up.
 *
 * @typedef {object} Side
 * @property {import('../side.mjs').SideDescription} description
 * @property {(variant: string) => Promise<number>} step one training step on the next batch; its objective, from before the update
 * @property {(variant: string) => Promise<readonly Float32Array[]>} statistics running means and variances
 */

/**
 * Answers until the harness closes the input.
 *
 * @param {(setUp: object) => Promise<Side>} open
 */
export async function serve(open) {
  let side = null;
  await answerRequests({
    setUp: async (message) => {
      side = await open(message);
      return side.description;
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
  });
}

/**
 * Answers every request by the function of its name, until the harness closes the input.
 *
 * @param {Record<string, (request: object) => Promise<object>>} answers
 */
export async function answerRequests(answers) {
  console.log = console.error; // Libraries greet on the standard output, which is ours alone.
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line);
    const reply = await answers[message.do](message).catch((error) => ({ error: describeError(error) }));
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
  process.exit(0);
}

/** Over the values of all arrays. */
function rootMeanSquare(arrays) {
  const values = arrays.flatMap((array) => [...array]);
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
