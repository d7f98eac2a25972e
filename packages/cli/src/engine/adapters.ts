import type { Backend } from '@selfcure/tensor';
import { EngineError, UsageError } from '../errors.ts';

/** An engine that the command line can load. */
export interface Adapter {
  readonly name: string;
  /** Package that holds it. */
  readonly packageName: string;
  /** What it is, in a few words. */
  readonly description: string;
  /** Imports the package and starts the engine. */
  open(): Promise<Backend>;
}

/** The engines by the names that `--backend` takes; nothing is loaded before it is opened. */
export const adapters: readonly Adapter[] = [
  {
    name: 'wasm',
    packageName: '@selfcure/wasm',
    description: 'WebAssembly, one thread: anywhere, nothing native',
    open: async () => (await import('@selfcure/wasm')).wasm(),
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
 * Loads and starts an engine.
 *
 * @throws UsageError for an unknown name; EngineError where its package is not installed or the engine does not start.
 */
export async function openBackend(name: string, known: readonly Adapter[] = adapters): Promise<Backend> {
  const adapter = known.find((one) => one.name === name);
  if (!adapter) throw new UsageError(`--backend: '${name}' is not one of ${known.map((one) => one.name).join(', ')}`);
  try {
    return await adapter.open();
  } catch (error) {
    const missing = missingPackage(error);
    const problem = missing
      ? `is not installed: ${missing} was not found. Run: npm install ${missing}`
      : `does not start: ${error instanceof Error ? error.message : String(error)}`;
    throw new EngineError(`backend '${name}' ${problem}`, { cause: error, missing });
  }
}

/** The package that an import did not find; null for any other error. */
function missingPackage(error: unknown): string | null {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return null;
  return /Cannot find (?:package|module) '((?:@[^/']+\/)?[^/']+)/.exec(message)?.[1] ?? null;
}
