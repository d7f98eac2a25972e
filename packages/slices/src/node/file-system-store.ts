import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { sameBytes } from '../bytes.ts';
import { StoreError } from '../errors.ts';
import type { SliceStore } from '../store/slice-store.ts';

/** Versions of a value behind the newest one that stay. */
const kept = 16;
/** Age in milliseconds at which the half-written file of a killed process is removed. */
const abandoned = 3_600_000;
const temporaryFolder = '.unfinished';

/**
 * A store in a folder, which is made at the first write; several processes, also on several machines over NFS, may share it.
 *
 * Every file is written elsewhere, flushed, and then named: a killed process leaves no half-written one. `compareAndSet` keeps a
 * folder of numbered versions, of which the highest counts; a new version is a hard link, which the system makes for one process
 * alone. No lock is held that a killed process could leave behind.
 *
 * @throws StoreError from its functions where a key leads out of the folder, or the file system has no hard links.
 * @example await trainSlice({ store: fileSystemStore('runs/slices'), runId: 'faces-7', until, train: options });
 */
export function fileSystemStore(folder: string): SliceStore {
  const root = resolve(folder);
  const temporary = join(root, temporaryFolder);
  const pathOf = (key: string): string => {
    if (!/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(key))
      throw new StoreError(
        `fileSystemStore: key '${key}' is no path inside the folder. Use letters, digits, '_', '-' and '.'`,
      );
    return join(root, key);
  };
  /** Writes a file under a name that nobody reads, hands it over, and removes that name. */
  const written = async <T>(value: Uint8Array, handOver: (path: string) => Promise<T>): Promise<T> => {
    await mkdir(temporary, { recursive: true });
    const path = join(temporary, randomUUID());
    try {
      const file = await open(path, 'wx');
      try {
        await file.writeFile(value);
        await file.sync();
      } finally {
        await file.close();
      }
      return await handOver(path);
    } finally {
      await rm(path, { force: true });
    }
  };
  return {
    name: 'file system',
    get: async (key) => (await newest(pathOf(key))).value,
    set: async (key, value) => {
      const path = pathOf(key);
      await mkdir(dirname(path), { recursive: true });
      await written(value, (from) => rename(from, path));
    },
    remove: (key) => rm(pathOf(key), { force: true, recursive: true }),
    keys: async (inner) => ((await unlessMissing(readdir(pathOf(inner)))) ?? []).map((name) => `${inner}/${name}`),
    compareAndSet: async (key, expected, next) => {
      const versions = pathOf(key);
      await mkdir(versions, { recursive: true });
      const present = await newest(versions);
      if (!sameBytes(present.value, expected)) return false;
      const version = present.version + 1;
      const path = join(versions, nameOf(version));
      if (!(await written(next, (from) => linkOnce(from, path)))) return false;
      const numbers = await versionsIn(versions);
      // A name is free because its version was never made, or because it is so old that it was removed: a process that
      // was paused for so long has not written.
      if (Math.max(...numbers) - version >= kept) {
        await rm(path, { force: true });
        return false;
      }
      // In ascending order: the versions that are there are always the latest ones.
      for (const old of numbers.filter((number) => number <= version - kept).sort((a, b) => a - b))
        await rm(join(versions, nameOf(old)), { force: true });
      await sweep(temporary);
      return true;
    },
  };
}

const nameOf = (version: number): string => String(version).padStart(12, '0');

async function versionsIn(folder: string): Promise<number[]> {
  return (await readdir(folder)).map(Number).filter((version) => version > 0);
}

/** A value and its version: that of a file, or of the newest file of a folder of versions; version 0 where there is none. */
async function newest(path: string): Promise<{ version: number; value: Uint8Array | null }> {
  try {
    return { version: 0, value: new Uint8Array(await readFile(path)) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { version: 0, value: null };
    if (code !== 'EISDIR' && code !== 'EPERM') throw error;
  }
  for (;;) {
    const version = Math.max(0, ...(await versionsIn(path)));
    if (version === 0) return { version, value: null };
    const value = await unlessMissing(readFile(join(path, nameOf(version))));
    // It was removed meanwhile, so there is a newer one.
    if (value) return { version, value: new Uint8Array(value) };
  }
}

/** Gives a file a second name; false where another one has it. */
async function linkOnce(from: string, path: string): Promise<boolean> {
  try {
    await link(from, path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code === 'EPERM' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS') {
      throw new StoreError(
        `fileSystemStore: the file system of '${dirname(path)}' makes no hard links (${code}), by which workers are kept apart. Use another one`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** Removes what killed processes have not finished. */
async function sweep(folder: string): Promise<void> {
  for (const name of (await unlessMissing(readdir(folder))) ?? []) {
    const path = join(folder, name);
    const found = await unlessMissing(stat(path));
    if (found && Date.now() - found.mtimeMs > abandoned) await rm(path, { force: true });
  }
}

async function unlessMissing<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
