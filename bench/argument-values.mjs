/** Values of command-line arguments. Each throws BenchError that names the argument and what it takes. */
import { parseArgs } from 'node:util';
import { BenchError } from './error.mjs';

/** An argument with a value, for {@link readArguments}. */
export const text = { type: 'string' };

/**
 * Texts by name.
 *
 * @param {readonly string[]} argv
 * @param {import('node:util').ParseArgsConfig['options']} specification
 */
export function readArguments(argv, specification) {
  try {
    return parseArgs({ args: [...argv], options: specification, strict: true, allowPositionals: false }).values;
  } catch (cause) {
    throw new BenchError(`${cause.message}\nGive --help for the list`, { cause });
  }
}

/** One of known names. */
export function oneOf(key, value, known) {
  if (known.includes(value)) return value;
  throw new BenchError(`--${key} '${value}' is unknown. Known: ${known.join(', ')}`);
}

/** A whole number from `from`. */
export function wholeNumber(key, value, from) {
  const parsed = Number(value);
  if (String(value).trim() !== '' && Number.isSafeInteger(parsed) && parsed >= from) return parsed;
  throw new BenchError(`--${key} '${value}' is no whole number from ${from}`);
}

/** A finite number above `above`, or from `from`. */
export function number(key, value, { above, from }) {
  const parsed = Number(value);
  const inRange = above === undefined ? parsed >= from : parsed > above;
  if (String(value).trim() !== '' && Number.isFinite(parsed) && inRange) return parsed;
  throw new BenchError(`--${key} '${value}' is no number ${above === undefined ? `from ${from}` : `above ${above}`}`);
}

/** An object of JSON. */
export function jsonObject(key, value) {
  let parsed;
  try {
    parsed = JSON.parse(value);
  } catch (cause) {
    throw new BenchError(`--${key} is no JSON: ${cause.message}. Write it as '{"exact":true}'`, { cause });
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  throw new BenchError(`--${key} is no JSON object. Write it as '{"exact":true}'`);
}
