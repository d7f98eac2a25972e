/** Adapters that the benchmarks know, by the name that `--backend` gives. */
import { BenchError } from './error.mjs';

/** Package and factory of every adapter. */
const adapters = {
  reference: {
    package: '@selfcure/reference',
    create: async (options) => (await import('@selfcure/reference')).reference(options),
  },
  wasm: {
    package: '@selfcure/wasm',
    create: async (options) => (await import('@selfcure/wasm')).wasm(options),
  },
  webgpu: {
    package: '@selfcure/webgpu',
    create: async (options) => (await import('@selfcure/webgpu')).webgpu(options),
  },
  tensorflow: {
    package: '@selfcure/tensorflow',
    create: async (options) => (await import('@selfcure/tensorflow')).tensorflow(options),
  },
};

export const backendNames = Object.keys(adapters);

/** Name of an adapter's package. */
export const packageOf = (backend) => adapters[backend].package;

/**
 * Starts an adapter; that of WebGPU takes `navigator.gpu`, which `openGpu` of `#gpu` makes in Node.
 *
 * @param {{ backend: string, threads: number, options: object }} side
 * @returns {Promise<import('@selfcure/tensor').Backend>}
 * @throws {BenchError} where it computes on another number of threads than asked
 */
export async function createBackend({ backend: name, threads, options }) {
  const backend = await adapters[name].create({ threads, ...options });
  const actual = backend.capabilities.threads;
  if (actual === threads) return backend;
  await backend.close();
  throw new BenchError(
    `backend '${name}' computes on ${actual} thread(s), not on ${threads}. Give --threads ${actual}`,
  );
}
