/** Arguments of `npm run bench:kernels`. */
import { number, oneOf, readArguments, text, wholeNumber } from '../argument-values.mjs';

export const usage = `npm run bench:kernels -- [arguments]

Time of single operations on the shapes of a ResNet-18, as a table.

          --backend NAME      default wasm
          --batch N           default 32
          --threads N         default 1
          --exact             no Winograd transforms
          --only TEXT         operations and shapes that contain it
          --seconds S         time of each, default 0.5; at least nine runs`;

const specification = {
  backend: text,
  batch: text,
  threads: text,
  exact: { type: 'boolean' },
  only: text,
  seconds: text,
  help: { type: 'boolean', short: 'h' },
};

/**
 * Reads and checks arguments.
 *
 * @param {readonly string[]} argv
 * @param {readonly string[]} backends known names
 * @returns {{ backend: string, batch: number, threads: number, exact: boolean, only: string, seconds: number } | 'help'}
 * @throws {BenchError} naming the argument and what it takes
 */
export function parseArguments(argv, backends) {
  const given = readArguments(argv, specification);
  if (given.help) return 'help';
  return {
    backend: oneOf('backend', given.backend ?? 'wasm', backends),
    batch: wholeNumber('batch', given.batch ?? 32, 1),
    threads: wholeNumber('threads', given.threads ?? 1, 1),
    exact: given.exact ?? false,
    only: given.only ?? '',
    seconds: number('seconds', given.seconds ?? 0.5, { from: 0 }),
  };
}
