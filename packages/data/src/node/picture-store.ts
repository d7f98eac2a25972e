import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { crc32 } from 'node:zlib';

import { DataError } from '../error/data-error.ts';

/** Version of what is stored: part of every key. */
const version = 'selfcure pictures 1';
/** Bytes of a CRC-32. */
const checkBytes = 4;

/** Finished pictures in a folder, by what they were made from and how. */
export interface PictureStore {
  /** @param how everything beside the file that decides the pixels, as plain data. */
  key(file: Uint8Array, how: unknown): string;
  /**
   * Pixels of a picture; undefined where they are not stored.
   *
   * @throws DataError `bad-cache` where what is stored is damaged.
   */
  find(key: string, bytes: number): Promise<Uint8Array | undefined>;
  /** @throws DataError `bad-cache` where it cannot be written. */
  add(key: string, pixels: Uint8Array): Promise<void>;
}

/**
 * A store of finished pictures: one file each, pixels and a check sum, named by the SHA-256 of the picture file and of how it
 * was made, so it does not matter which data set a picture came from. Files appear whole or not at all: threads and processes may share it.
 */
export function pictureStore(folder: string): PictureStore {
  let written = 0;
  const pathOf = (key: string): string => join(folder, key.slice(0, 2), `${key.slice(2)}.pixels`);
  const fail = (path: string, problem: string, remedy: string, cause?: unknown): DataError =>
    new DataError({ code: 'bad-cache', source: path, problem, remedy, ...(cause !== undefined && { cause }) });
  return {
    key: (file, how) =>
      createHash('sha256')
        .update(`${version}\n${JSON.stringify(how)}\n`)
        .update(file)
        .digest('hex'),
    async find(key, bytes) {
      const path = pathOf(key);
      let content: Buffer;
      try {
        content = await readFile(path);
      } catch (cause) {
        if ((cause as { code?: string }).code === 'ENOENT') return undefined;
        throw fail(path, `it cannot be read (${codeOf(cause)})`, 'Check the permissions of the folder', cause);
      }
      const pixels = content.subarray(0, bytes);
      if (content.length !== bytes + checkBytes || crc32(pixels) !== content.readUInt32LE(bytes))
        throw fail(path, 'the stored picture is damaged', 'Delete the file; it will be made again');
      return pixels;
    },
    async add(key, pixels) {
      const path = pathOf(key);
      const partial = `${path}.${process.pid}-${threadId}-${written++}`;
      const check = Buffer.alloc(checkBytes);
      check.writeUInt32LE(crc32(pixels));
      try {
        await mkdir(join(folder, key.slice(0, 2)), { recursive: true });
        await writeFile(partial, Buffer.concat([pixels, check]));
        await rename(partial, path);
      } catch (cause) {
        await rm(partial, { force: true });
        throw fail(path, `it cannot be written (${codeOf(cause)})`, 'Make room, or name another folder', cause);
      }
    },
  };
}

const codeOf = (cause: unknown): string => (cause as { code?: string }).code ?? String(cause);
