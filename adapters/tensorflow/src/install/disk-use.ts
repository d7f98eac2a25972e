import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of the files under a folder; links count as themselves, a missing folder as nothing. */
export async function diskUse(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  let sum = 0;
  for (const entry of entries) if (!entry.isDirectory()) sum += (await lstat(join(entry.parentPath, entry.name))).size;
  return sum;
}
