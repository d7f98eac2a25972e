import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ImageDecoder, SampleTable } from '@selfcure/data/node';
import { UsageError } from '../errors.ts';

/** A path of data that a command line names. */
export function pathOf(given: string, cwd: string): string {
  const path = resolve(cwd, given);
  if (existsSync(path)) return path;
  throw new UsageError(
    `there is nothing at '${given}'. Name a folder that holds a data set, or a .csv, .parquet or .npz file`,
  );
}

/**
 * The decoder that a command line names. sharp is faster and reads more formats, and must be installed.
 *
 * @throws DataError where sharp is named and not installed.
 */
export async function decoderOf(named: 'sharp' | 'portable'): Promise<ImageDecoder> {
  const { portableDecoder, sharpDecoder } = await import('@selfcure/data/node');
  return named === 'sharp' ? sharpDecoder() : portableDecoder();
}

/** The data set that a path leads to, read as its layout or as the named one. */
export async function openTable(path: string, reader: string | undefined): Promise<SampleTable> {
  const { readDataPath } = await import('@selfcure/data/node');
  return readDataPath(path, reader === undefined ? {} : { reader });
}
