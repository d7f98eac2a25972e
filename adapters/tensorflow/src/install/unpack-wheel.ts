import { createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';
import { TensorFlowError } from '../native/tensorflow-error.ts';

/**
 * Unpacks the files of a wheel that `wanted` names; everything else is skipped without being read.
 *
 * @returns how many bytes were written.
 * @throws TensorFlowError CHECKSUM where the archive is damaged.
 */
export async function unpackWheel(
  wheel: string,
  target: string,
  wanted: (path: string) => boolean,
  signal?: AbortSignal,
): Promise<number> {
  try {
    return await unpack(wheel, target, wanted, signal);
  } catch (error) {
    if (signal?.aborted || isSystemError(error)) throw error;
    throw new TensorFlowError(
      'CHECKSUM',
      `${wheel} is damaged: ${error instanceof Error ? error.message : String(error)}.`,
      'Fetch it again.',
      { cause: error },
    );
  }
}

async function unpack(
  wheel: string,
  target: string,
  wanted: (path: string) => boolean,
  signal: AbortSignal | undefined,
): Promise<number> {
  const archive = await openPromise(wheel);
  let written = 0;
  try {
    for await (const entry of archive.eachEntry()) {
      const path = entry.fileName;
      if (!wanted(path)) continue;
      const file = resolve(target, path);
      if (relative(target, file).startsWith('..')) throw new Error(`it holds the path ${path}`);
      await mkdir(dirname(file), { recursive: true });
      const content = await archive.openReadStreamPromise(entry);
      await pipeline(content, createWriteStream(file), signal === undefined ? {} : { signal });
      // Unix mode of the entry: ptxas must stay executable.
      const mode = (entry.externalFileAttributes >>> 16) & 0o777;
      if (mode & 0o100) await chmod(file, 0o755);
      written += entry.uncompressedSize;
    }
  } finally {
    archive.close();
  }
  return written;
}

/** No space, no permission and the like. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
