import type { StringArgDef } from 'citty';
import { rangeOf, readNumber } from '../argument/number-option.ts';
import type { NumberOption } from '../argument/number-option.ts';
import { UsageError } from '../errors.ts';

/** Parts of a text that commas part, without those within brackets; none may be empty. */
export function splitList(name: string, text: string, separator = ','): readonly string[] {
  const parts = text.split(separator).map((part) => part.trim());
  if (parts.includes(''))
    throw new UsageError(`--${name}: '${text}' has an empty part. Write a${separator}b${separator}c`);
  return parts;
}

/**
 * Numbers of an option that takes several, parted by commas; undefined where it is not given.
 *
 * @throws UsageError naming the option and the range of each number, or a number that stands twice.
 */
export function readNumberList(name: string, option: NumberOption, given: unknown): readonly number[] | undefined {
  if (given === undefined) return undefined;
  const numbers = splitList(name, String(given)).map((part) => readNumber(name, option, part)!);
  const twice = numbers.find((value, i) => numbers.indexOf(value) !== i);
  if (twice !== undefined) throw new UsageError(`--${name}: ${twice} is given twice`);
  return numbers;
}

/** An option that takes several numbers, as the help text shows it. */
export const numberList = (option: NumberOption, standard?: string): StringArgDef => ({
  type: 'string',
  valueHint: 'N,N,…',
  description: `${option.description}; each ${rangeOf(option)}`,
  ...(standard !== undefined && { default: standard }),
});
