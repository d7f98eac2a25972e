import { createReadStream, realpathSync, statSync } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

import { DataError } from '../error/data-error.ts';
import type { DataFolder, FolderEntry, FolderLocation } from '../folder/data-folder.ts';
import { outsideFolder } from '../folder/folder-index.ts';
import { safePath } from '../folder/safe-path.ts';
import { csvRecords } from './csv-records.ts';

/** Options of {@link openFolder}. */
export interface OpenFolderOptions {
  /** Further folders that links inside may lead to, such as another disk with the pictures. Default: none. */
  readonly linksTo?: readonly string[];
}

/** Bytes that are read of one file unless the caller asks for more. */
const usualLimit = 1 << 26;

const missing = (source: string, what: string, cause?: unknown): DataError =>
  new DataError({
    code: 'missing-file',
    source,
    problem: `there is no such ${what}`,
    remedy: 'Check the path, and that the data set was unpacked whole',
    cause,
  });

function realFolder(path: string): string {
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
  } catch (cause) {
    throw missing(path, 'folder', cause);
  }
  throw missing(path, 'folder');
}

/**
 * Opens a folder of data on a disk. Readers reach what is below it and nothing else: paths with `..`, absolute paths and
 * links that lead out are refused.
 *
 * @throws DataError where there is no such folder.
 * @example
 * const samples = await rafDb(openFolder('./RAF-DB'));
 */
export function openFolder(path: string, { linksTo = [] }: OpenFolderOptions = {}): DataFolder {
  return folderAt({ name: path, root: realFolder(path), linksTo: linksTo.map(realFolder) });
}

/** Opens a folder that another thread has found. */
export function folderAt(location: FolderLocation): DataFolder {
  const { name: path, root, linksTo } = location;
  const roots = [root, ...linksTo].map((allowed) => (allowed.endsWith(sep) ? allowed : allowed + sep));
  const inside = (real: string): boolean => roots.some((allowed) => (real + sep).startsWith(allowed));
  const place = (relative: string): string => (relative === '' ? path : `${path}/${relative}`);

  /** Where a path really is, all links followed; undefined where nothing is there. */
  async function locate(relative: string): Promise<string | undefined> {
    if (relative !== '') safePath(relative, path);
    let real: string;
    try {
      real = await realpath(join(root, ...relative.split('/')));
    } catch (cause) {
      const { code } = cause as { code?: string };
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw unreadable(relative, cause);
    }
    if (!inside(real)) throw outsideFolder(folder, relative);
    return real;
  }
  function unreadable(relative: string, cause: unknown): DataError {
    return new DataError({
      code: 'unreadable-file',
      source: place(relative),
      problem: `it cannot be read (${(cause as { code?: string }).code ?? String(cause)})`,
      remedy: 'Check the permissions of the file and of its folders',
      cause,
    });
  }
  async function locateFile(relative: string): Promise<{ real: string; bytes: number }> {
    const real = await locate(relative);
    // What is no plain file (a pipe, a device) could be read without end.
    const found = real === undefined ? undefined : await stat(real);
    if (real === undefined || !found?.isFile()) throw missing(place(relative), 'file');
    return { real, bytes: found.size };
  }
  async function readRange(
    relative: string,
    real: string,
    start: number,
    end: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const out = new Uint8Array(end - start);
    try {
      const handle = await open(real, 'r');
      try {
        let filled = 0;
        while (filled < out.length) {
          const { bytesRead } = await handle.read(out, filled, out.length - filled, start + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return filled === out.length ? out : out.slice(0, filled);
      } finally {
        await handle.close();
      }
    } catch (cause) {
      throw unreadable(relative, cause);
    }
  }

  const folder: DataFolder = {
    name: path,
    location,
    async list(relative) {
      const real = await locate(relative);
      if (real === undefined) throw missing(place(relative), 'folder');
      let found;
      try {
        found = await readdir(real, { withFileTypes: true });
      } catch (cause) {
        if ((cause as { code?: string }).code === 'ENOTDIR') throw missing(place(relative), 'folder', cause);
        throw unreadable(relative, cause);
      }
      const entries = found.map(async (entry): Promise<FolderEntry> => {
        const { name } = entry;
        if (entry.isFile()) return { name, kind: 'file' };
        if (entry.isDirectory()) return { name, kind: 'folder' };
        if (!entry.isSymbolicLink()) return { name, kind: 'other' };
        try {
          const target = await realpath(join(real, name));
          if (!inside(target)) return { name, kind: 'outside' };
          const of = await stat(target);
          // A link to a folder that holds it would be walked without end.
          if ((real + sep).startsWith(target + sep)) return { name, kind: 'other' };
          return { name, kind: of.isFile() ? 'file' : of.isDirectory() ? 'folder' : 'other' };
        } catch {
          return { name, kind: 'other' }; // a link to nothing
        }
      });
      return (await Promise.all(entries)).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    },
    async size(relative) {
      const real = await locate(relative);
      const found = real === undefined ? undefined : await stat(real);
      return found?.isFile() === true ? found.size : undefined;
    },
    async read(relative, limit = usualLimit) {
      const { real, bytes } = await locateFile(relative);
      if (bytes > limit) {
        throw new DataError({
          code: 'too-large',
          source: place(relative),
          problem: `it has ${bytes} bytes; ${limit} are the most that are read of such a file`,
          remedy: 'Check that it is the file that it should be',
        });
      }
      return readRange(relative, real, 0, bytes);
    },
    async slice(relative, start, end) {
      const { real, bytes } = await locateFile(relative);
      return readRange(relative, real, Math.min(start, bytes), Math.min(Math.max(start, end), bytes));
    },
    async *records(relative, options) {
      const { real } = await locateFile(relative);
      yield* csvRecords(createReadStream(real), place(relative), options);
    },
  };
  return folder;
}
