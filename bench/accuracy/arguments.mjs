/** Arguments of `npm run bench:accuracy`. */
import { oneOf, readArguments, text, wholeNumber } from '../argument-values.mjs';
import { recipes } from '../arguments.mjs';

export const usage = `npm run bench:accuracy -- [arguments]

Test accuracy of the face CNN trained with fast and with exact convolutions, seed by seed. The last line of the output is a
JSON object.

          --seeds N           runs of each kind, at least 2, default 5
          --epochs N          default 10
          --images N          training images, and as many test images; default 1000
          --recipe NAME       ${recipes.join(' or ')}, default both
          --threads N         default 1`;

const specification = {
  seeds: text,
  epochs: text,
  images: text,
  recipe: text,
  threads: text,
  help: { type: 'boolean', short: 'h' },
};

/**
 * @typedef {{ seeds: number, epochs: number, images: number, recipes: readonly string[], threads: number }} AccuracyArguments
 */

/**
 * Reads and checks arguments.
 *
 * @param {readonly string[]} argv
 * @returns {AccuracyArguments | 'help'}
 * @throws {BenchError} naming the argument and what it takes
 */
export function parseArguments(argv) {
  const given = readArguments(argv, specification);
  if (given.help) return 'help';
  const whole = (key, otherwise, from) => wholeNumber(key, given[key] ?? otherwise, from);
  return {
    seeds: whole('seeds', 5, 2),
    epochs: whole('epochs', 10, 1),
    images: whole('images', 1000, 32),
    recipes: given.recipe === undefined ? recipes : [oneOf('recipe', given.recipe, recipes)],
    threads: whole('threads', 1, 1),
  };
}
