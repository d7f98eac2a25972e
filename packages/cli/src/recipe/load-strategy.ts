import { pathToFileURL } from 'node:url';
import type { RelabelStrategy } from '@selfcure/core';
import { StrategyError } from '../errors.ts';

/**
 * A relabel strategy out of a user's module, whose default export is a strategy or a factory made by `defineRelabel`.
 *
 * @param path absolute.
 * @throws StrategyError where the module cannot be loaded or exports something else.
 */
export async function loadStrategy(path: string): Promise<RelabelStrategy> {
  const found = await defaultExport(path);
  const strategy =
    typeof found === 'function' && 'strategyName' in found ? (found as unknown as () => unknown)() : found;
  const fault = faultOf(strategy);
  if (fault === undefined) return strategy as RelabelStrategy;
  throw new StrategyError(
    `--strategy ${path}: ${fault}. Export a strategy: export default defineRelabel({ name, defaults: {}, propose })`,
  );
}

async function defaultExport(path: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
    return module.default;
  } catch (error) {
    throw new StrategyError(
      `--strategy ${path}: the module does not load: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

function faultOf(value: unknown): string | undefined {
  if (value === undefined) return 'it has no default export';
  if (typeof value !== 'object' || value === null)
    return `its default export is a ${typeof value}, neither a strategy nor what defineRelabel gives`;
  const { name, when, propose } = value as Partial<Record<keyof RelabelStrategy, unknown>>;
  if (typeof name !== 'string' || name === '') return 'its default export has no name';
  if (when !== 'step' && when !== 'epoch')
    return `strategy '${name}' has when '${String(when)}', neither 'step' nor 'epoch'`;
  if (typeof propose !== 'function') return `strategy '${name}' has no function propose`;
  return undefined;
}
