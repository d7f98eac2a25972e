import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { CheckpointStore } from '@selfcure/core';
import { RunFolderError } from '../errors.ts';

/** Files of one folder; a {@link CheckpointStore} that can read, too. */
export interface FileStore extends CheckpointStore {
  readonly folder: string;
  /** Replaces a file whole or not at all: a reader, or whoever comes after a crash, sees the old or the new bytes. */
  set(key: string, content: Uint8Array | string): Promise<void>;
  /** Bytes of a file; null where there is none. */
  get(key: string): Promise<Uint8Array | null>;
  /** Gives a file another name, in place of what has it; none is fine. */
  move(from: string, to: string): Promise<void>;
  /** Removes a file; none is fine. */
  remove(key: string): Promise<void>;
  /** Removes what writers that were killed left behind. */
  sweep(): Promise<void>;
}

const temporaryName = /^\.selfcure-[0-9a-f-]{36}\.tmp$/;

/**
 * Keeps files in a folder, which is made at the first `set`. Each is written beside its place, flushed to the disk and
 * then renamed, so that no half-written file ever has the name.
 *
 * @throws RunFolderError where a key leads out of the folder.
 * @example
 * await train({ ...options, callbacks: [modelCheckpoint({ store: fileStore('runs/a'), key: 'epoch-{epoch}.safetensors' })] });
 */
export function fileStore(folder: string): FileStore {
  const root = resolve(folder);
  const pathOf = (key: string): string => {
    const path = resolve(root, key);
    if (!path.startsWith(root + sep))
      throw new RunFolderError(`key '${key}' leads out of the folder. Use a name inside it`);
    return path;
  };
  return {
    folder: root,
    set: async (key, content) => {
      const path = pathOf(key);
      await mkdir(dirname(path), { recursive: true });
      const temporary = join(dirname(path), `.selfcure-${randomUUID()}.tmp`);
      try {
        const file = await open(temporary, 'wx');
        try {
          await file.writeFile(content);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
    get: (key) => unlessMissing(async () => new Uint8Array(await readFile(pathOf(key)))),
    move: async (from, to) => void (await unlessMissing(() => rename(pathOf(from), pathOf(to)))),
    remove: (key) => rm(pathOf(key), { force: true }),
    sweep: async () => {
      const names = (await unlessMissing(() => readdir(root))) ?? [];
      for (const name of names) if (temporaryName.test(name)) await rm(join(root, name), { force: true });
    },
  };
}

async function unlessMissing<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
