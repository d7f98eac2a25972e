import type { StringArgDef } from 'citty';
import { UsageError } from '../errors.ts';
import { nearest } from './nearest.ts';

/**
 * The value of an option that takes one of some words; undefined where it is not given.
 *
 * @throws UsageError listing the words.
 */
export function readChoice<const Choice extends string>(
  name: string,
  given: unknown,
  choices: readonly Choice[],
): Choice | undefined {
  if (given === undefined) return undefined;
  const found = choices.find((choice) => choice === given);
  if (found !== undefined) return found;
  const meant = nearest(String(given), choices);
  throw new UsageError(
    `--${name}: '${String(given)}' is not one of ${choices.join(', ')}${meant === undefined ? '' : `. Did you mean ${meant}?`}`,
  );
}

/** An option that takes one of some words, as the help text shows it. */
export function oneOf(words: readonly string[], description: string, standard?: string): StringArgDef {
  return {
    type: 'string',
    valueHint: words.join('|'),
    description,
    ...(standard !== undefined && { default: standard }),
  };
}
