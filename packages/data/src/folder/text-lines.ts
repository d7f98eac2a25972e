import { DataError } from '../error/data-error.ts';
import type { DataFolder } from './data-folder.ts';
import { placeOf } from './data-folder.ts';

/** A line of a text file that is not blank. */
export interface TextLine {
  readonly text: string;
  /** 1-based. */
  readonly row: number;
}

/**
 * Lines of a text file, without the blanks around them and without blank lines; a byte-order mark and carriage returns
 * are left out.
 *
 * @throws DataError where the file is missing, too large, or not text.
 */
export async function textLines(folder: DataFolder, path: string, limit: number = 1 << 26): Promise<TextLine[]> {
  const text = decodeText(await folder.read(path, limit), placeOf(folder, path));
  return text
    .split(/\r\n|\n|\r/)
    .map((line, i) => ({ text: line.trim(), row: i + 1 }))
    .filter((line) => line.text !== '');
}

/** Text of a file in UTF-8. */
export function decodeText(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError({
      code: 'bad-list',
      source,
      problem: 'it is not text in UTF-8',
      remedy: 'Restore the file from its source, or save it as UTF-8',
      cause,
    });
  }
}
