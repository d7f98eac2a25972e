import type { Backend } from '@selfcure/tensor';
import type { Cluster } from '../cluster/cluster-arguments.ts';
import { EngineError, UsageError } from '../errors.ts';
import { missingPackage } from '../missing-package.ts';

/** How an engine is started. */
export interface EngineOptions {
  /** Threads that compute. Default: the engine's. */
  readonly threads?: number;
  /** Where it computes. Default `'auto'`. */
  readonly device?: (typeof devices)[number];
  /** The processes that it computes with. Default: none. */
  readonly workers?: Cluster;
}

/** What `--device` takes. */
export const devices = ['auto', 'cpu', 'cuda'] as const;

/** An engine that the command line can load. */
export interface Adapter {
  readonly name: string;
  /** Package that holds it. */
  readonly packageName: string;
  /** What it is, in a few words. */
  readonly description: string;
  /** Options that it has. Default: none. */
  readonly takes?: readonly (keyof EngineOptions)[];
  /** Imports the package and starts the engine. */
  open(options: EngineOptions): Promise<Backend>;
}

/** The engines by the names that `--backend` takes; nothing is loaded before it is opened. */
export const adapters: readonly Adapter[] = [
  {
    name: 'wasm',
    packageName: '@selfcure/wasm',
    description: 'WebAssembly: anywhere, nothing native',
    takes: ['threads'],
    open: async ({ threads }) => (await import('@selfcure/wasm')).wasm(threads === undefined ? {} : { threads }),
  },
  {
    name: 'webgpu',
    packageName: '@selfcure/webgpu',
    description: 'WebGPU, on a graphics processor',
    open: async () => (await import('@selfcure/webgpu')).webgpu(),
  },
  {
    name: 'tensorflow',
    packageName: '@selfcure/tensorflow',
    description: 'native TensorFlow, on CUDA or the processor',
    takes: ['threads', 'device', 'workers'],
    open: async ({ workers, ...options }) =>
      (await import('@selfcure/tensorflow')).tensorflow({ ...options, ...(workers && { cluster: workers }) }),
  },
  {
    name: 'reference',
    packageName: '@selfcure/reference',
    description: 'plain TypeScript in float64: the oracle; slow',
    open: async () => (await import('@selfcure/reference')).reference(),
  },
];

/** Names of the engines. */
export const adapterNames: readonly string[] = /* @__PURE__ */ adapters.map(({ name }) => name);

/**
 * Refuses options that an engine does not have.
 *
 * @throws UsageError naming the option and the engines that have it.
 */
export function checkEngineOptions(name: string, options: EngineOptions): void {
  const taken = adapters.find((one) => one.name === name)?.takes ?? [];
  for (const option of Object.keys(options) as (keyof EngineOptions)[]) {
    if (options[option] === undefined || taken.includes(option)) continue;
    const having = adapters.flatMap((one) => (one.takes?.includes(option) ? [one.name] : []));
    throw new UsageError(`--${option} belongs to backend ${having.join(', ')}; this one is ${name}`);
  }
}

/**
 * Loads and starts an engine.
 *
 * @throws UsageError for an unknown name; EngineError where its package is not installed or the engine does not start.
 */
export async function openBackend(
  name: string,
  options: EngineOptions = {},
  known: readonly Adapter[] = adapters,
): Promise<Backend> {
  const adapter = known.find((one) => one.name === name);
  if (!adapter) throw new UsageError(`--backend: '${name}' is not one of ${known.map((one) => one.name).join(', ')}`);
  try {
    return await adapter.open(options);
  } catch (error) {
    const missing = missingPackage(error);
    const problem = missing
      ? `is not installed: ${missing} was not found. Run: npm install ${missing}`
      : `does not start: ${error instanceof Error ? error.message : String(error)}`;
    throw new EngineError(`backend '${name}' ${problem}`, { cause: error, missing });
  }
}
