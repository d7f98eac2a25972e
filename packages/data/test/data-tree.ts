import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { DataError } from '@selfcure/data';
import { encodePng } from '@selfcure/data/node';
import { encode } from 'jpeg-js';
import { afterAll, expect } from 'vitest';

const made: string[] = [];
afterAll(async () => {
  await Promise.all(made.splice(0).map((path) => rm(path, { recursive: true, force: true })));
});

/** Writes files below a new folder, which goes when the test file is done. */
export async function dataTree(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'selfcure-data-'));
  made.push(root);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

/** A gray PNG of one shade. */
export const png = (shade: number, width = 4, height = width): Uint8Array =>
  encodePng({ width, height, channels: 1, data: new Uint8Array(width * height).fill(shade) });

const jpegs = new Map<string, Uint8Array>();

/** A colour JPEG with a pattern of its own for every seed. */
export function jpeg(seed: number, side = 16): Uint8Array {
  const key = `${seed} ${side}`;
  const known = jpegs.get(key);
  if (known !== undefined) return known;
  const data = new Uint8Array(side * side * 4).map((_, i) => {
    const [x, y] = [(i >> 2) % side, Math.floor(i / 4 / side)];
    return i % 4 === 3 ? 255 : (seed * 97 + x * (3 + (seed % 5)) + y * (seed % 7)) & 255;
  });
  const bytes = new Uint8Array(encode({ width: side, height: side, data }, 90).data);
  jpegs.set(key, bytes); // the encoder makes its tables anew every time
  return bytes;
}

/** The DataError that an action throws; fails where it throws none, or another. */
export async function refusal(action: () => unknown): Promise<DataError> {
  try {
    await action();
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return error as DataError;
  }
  throw new Error('nothing was refused');
}
