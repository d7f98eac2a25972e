import { readFile } from 'node:fs/promises';
import { UsageError } from '../errors.ts';

/**
 * Classes of keywords from a JSON file: one object of texts.
 *
 * @throws UsageError where it is none.
 */
export async function readKeywords(path: string): Promise<Readonly<Record<string, string>>> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new UsageError(`--keywords: ${path} cannot be read as JSON: ${(cause as Error).message}`, { cause });
  }
  if (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((one) => typeof one === 'string')
  )
    return value as Record<string, string>;
  throw new UsageError(`--keywords: ${path} is no object of texts. Write {"crying baby": "sad"}`);
}
