/** Adapters that the benchmarks know, by the name that `--backend` gives. */
import { BenchError } from './error.mjs';

/** Package and factory of every adapter. */
const adapters = {
  reference: { package: '@selfcure/reference', factory: 'reference' },
  wasm: { package: '@selfcure/wasm', factory: 'wasm' },
};

export const backendNames = Object.keys(adapters);

/** Name of an adapter's package. */
export const packageOf = (backend) => adapters[backend].package;

/**
 * Starts an adapter.
 *
 * @param {{ backend: string, threads: number, options: object }} side
 * @returns {Promise<import('@selfcure/tensor').Backend>}
 * @throws {BenchError} where it computes on another number of threads than asked
 */
export async function createBackend({ backend: name, threads, options }) {
  const adapter = adapters[name];
  const backend = await (await import(adapter.package))[adapter.factory]({ threads, ...options });
  const actual = backend.capabilities.threads;
  if (actual === threads) return backend;
  await backend.close();
  throw new BenchError(
    `backend '${name}' computes on ${actual} thread(s), not on ${threads}. Give --threads ${actual}`,
  );
}
