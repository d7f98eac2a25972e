/** One side of a comparison, wherever it runs. */
import { BenchError } from './error.mjs';

/**
 * What a side says of itself when it has been set up.
 *
 * @typedef {object} SideDescription
 * @property {string} name
 * @property {string} [version] where the harness does not know
 * @property {number} threads that compute
 * @property {readonly string[]} variants ways to compute the same step; `['default']` where there is one
 * @property {number} [flops] floating-point operations of a step, where it knows
 * @property {string} [adapter] of WebGPU, where it computes by it
 */

/**
 * The way to a side that has been started: a process (side-process.mjs) or a page (side-page.mjs).
 *
 * @typedef {object} Connection
 * @property {(message: { do: string }) => Promise<object>} request
 * @property {() => number | null} peakBytes largest resident memory so far in bytes, null where it is not known
 * @property {() => Promise<void>} close
 */

/**
 * Hands a side its problem.
 *
 * @param {{ label: string, connection: Connection, setUp: object, version?: string }} options `setUp`: what the side's own file
 *   documents; `version`: of the library that it measures
 */
export async function openSide({ label, connection, setUp, version }) {
  const request = async (message) => {
    const reply = await connection.request(message);
    if (reply.error !== undefined) throw new BenchError(`${label}: ${reply.error}`);
    return reply;
  };
  try {
    const described = await request({ do: 'setUp', ...setUp });
    return {
      label,
      /** @type {SideDescription & { version: string }} */
      description: { ...described, version: version ?? described.version },
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
      /**
       * What one further step asks of WebGPU; of sides that have an adapter.
       *
       * @param {string} variant
       * @returns {Promise<import('./sides/gpu/meter.mjs').GpuUse>}
       */
      gpuUse: (variant) => request({ do: 'gpuUse', variant }),
      /** Largest resident memory so far in bytes, null where the system does not tell. */
      peakBytes: connection.peakBytes,
      /**
       * What only some sides answer.
       *
       * @param {{ do: string }} message
       * @returns {Promise<object>}
       */
      request,
      close: connection.close,
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
