import { existsSync } from 'node:fs';
import { rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../native/cache.ts';
import { diskUse } from './disk-use.ts';
import { removeLeftovers, workFolder } from './work-folder.ts';

/**
 * Removes everything that installs put into the cache, and what killed ones left there. Folders are renamed away first:
 * a half-removed one is never found.
 *
 * @returns the folder and how many bytes it held.
 */
export async function uninstall(
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ readonly folder: string; readonly bytes: number }> {
  const folder = cacheFolder(env);
  if (!existsSync(folder)) return { folder, bytes: 0 };
  const bytes = await diskUse(folder);
  await removeLeftovers(folder);
  const work = await workFolder(folder);
  for (const name of ['binding', 'library']) {
    if (existsSync(join(folder, name))) await rename(join(folder, name), join(work, name));
  }
  await rm(work, { recursive: true, force: true });
  // What is left belongs to an install that runs now, or to someone else.
  await rmdir(join(folder, 'tmp')).catch(() => {});
  await rmdir(folder).catch(() => {});
  return { folder, bytes: bytes - (await diskUse(folder)) };
}
