import type { ArgsDef } from 'citty';
import { oneOf, readChoice } from '../argument/choice.ts';
import { declareNumbers, readNumbers } from '../argument/number-option.ts';
import type { NumberOptions } from '../argument/number-option.ts';
import { adapterNames, checkEngineOptions, devices } from './adapters.ts';
import type { EngineOptions } from './adapters.ts';

/** An engine that a command line names. */
export interface EngineChoice extends EngineOptions {
  readonly backend: string;
}

const numbers = {
  threads: { description: 'threads that compute (wasm, tensorflow)', whole: true, from: 1, to: 1024 },
} as const satisfies NumberOptions;

/** `--backend`, `--threads` and `--device`. */
export function engineArguments(description: string, standard?: string): ArgsDef {
  return {
    backend: oneOf(adapterNames, description, standard),
    ...declareNumbers(numbers),
    device: oneOf(devices, 'where the engine computes (tensorflow); default auto'),
  };
}

/**
 * The engine of a command line.
 *
 * @throws UsageError where an option is wrong, or is not the engine's.
 */
export function readEngine(args: Readonly<Record<string, unknown>>, standard: string): EngineChoice {
  const backend = readChoice('backend', args['backend'], adapterNames) ?? standard;
  const { threads } = readNumbers(numbers, args);
  const device = readChoice('device', args['device'], devices);
  const options = { ...(threads !== undefined && { threads }), ...(device !== undefined && { device }) };
  checkEngineOptions(backend, options);
  return { backend, ...options };
}
