import { DataError } from '../error/data-error.ts';

/** Longest path and longest part of one that file systems take. */
const longestPath = 4096;
const longestPart = 255;

/** What makes a relative path unsafe to open below a folder, in one clause; undefined where nothing does. */
function unsafe(path: string): string | undefined {
  if (path.length > longestPath) return `it has ${path.length} characters; ${longestPath} are the most`;
  if (path.includes('\0')) return 'it holds a NUL character';
  if (path.startsWith('/') || /^[a-z]:/i.test(path)) return 'it is absolute';
  if (path.includes('\\')) return 'it holds a backslash';
  for (const part of path.split('/')) {
    if (part === '..') return "it climbs with '..'";
    if (part === '.' || part === '') return 'it has an empty part';
    if (part.length > longestPart) return `a part of it has ${part.length} characters; ${longestPart} are the most`;
  }
  return undefined;
}

/**
 * A relative path that stays below its folder as far as its text goes; links are looked at when it is opened. Lists and
 * tables come from elsewhere: whatever they name passes through here.
 *
 * @param source list that names the path, and row in it, for the message.
 * @returns the path without a leading `./` and with `/` for backslashes where `windows` allows them.
 * @throws DataError `bad-path` for absolute paths, `..`, empty parts, NUL and lengths that no file system takes.
 */
export function safePath(
  path: string,
  source: string,
  row?: number,
  { windows = false }: { readonly windows?: boolean } = {},
): string {
  const plain = (windows ? path.replaceAll('\\', '/') : path).replace(/^(?:\.\/)+/, '');
  const problem = unsafe(plain);
  if (problem === undefined) return plain;
  throw new DataError({
    code: 'bad-path',
    source,
    ...(row !== undefined && { row }),
    problem: `the path ${JSON.stringify(path.slice(0, 80))} is not one below the data folder: ${problem}`,
    remedy: 'Write paths relative to the folder, without .. and with / between their parts',
  });
}
