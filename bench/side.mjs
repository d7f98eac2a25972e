/** One side of a comparison: a child process that answers a line of JSON with a line of JSON. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BenchError } from './error.mjs';
import { peakBytes } from './memory.mjs';

/**
 * What a side says of itself when it has been set up.
 *
 * @typedef {object} SideDescription
 * @property {string} name
 * @property {string} version
 * @property {number} threads that compute
 * @property {readonly string[]} variants ways to compute the same step; `['default']` where there is one
 * @property {number} [flops] floating-point operations of a step, where it knows
 */

/**
 * Starts a side and hands it the problem.
 *
 * @param {{ label: string, command: string, args: readonly string[], setUp: object }} options `setUp`: what the side's own file documents
 */
export async function openSide({ label, command, args, setUp }) {
  const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors = `${errors}${text}`.slice(-4000);
  });
  child.stdin.on('error', () => {}); // A side that is gone shows itself by the end of its output.
  const ended = new Promise((resolve) => {
    child.on('error', (cause) => resolve(cause.message));
    child.on('close', (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  const request = async (message) => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new BenchError(`${label}: no answer, ${await ended}.\n${errors.trim()}`);
    const reply = parsed(value);
    if (reply.error !== undefined) throw new BenchError(`${label}: ${reply.error}`);
    return reply;
  };
  const parsed = (line) => {
    try {
      return JSON.parse(line);
    } catch (cause) {
      throw new BenchError(`${label}: answered no JSON but '${line}'`, { cause });
    }
  };
  const close = () => {
    child.stdin.end();
    child.kill();
  };

  try {
    return {
      label,
      pid: child.pid,
      /** @type {SideDescription} */
      description: await request({ do: 'setUp', ...setUp }),
      /**
       * Goes on with the training.
       *
       * @param {number} count
       * @param {string} variant
       * @returns {Promise<{ milliseconds: number[], objectives: number[] }>} of every step; objectives from before its update
       */
      steps: (count, variant) => request({ do: 'steps', count, variant }),
      /**
       * Root mean square of all running means and variances.
       *
       * @param {string} variant
       * @returns {Promise<number>}
       */
      statistics: async (variant) => (await request({ do: 'statistics', variant })).rms,
      /** Largest resident memory so far in bytes, null where the system does not tell. */
      peakBytes: () => peakBytes(child.pid),
      /**
       * What only some sides answer.
       *
       * @param {{ do: string }} message
       * @returns {Promise<object>}
       */
      request,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
