import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

const host = (): string => hostname().replaceAll(/[^\w-]/g, '_');

/** A folder of the cache where an install works until its result is renamed into place. */
export async function workFolder(cache: string): Promise<string> {
  const id = `${host()}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const folder = join(cache, 'tmp', id);
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Removes what installs left that were killed: work folders of processes of this host that no longer run. */
export async function removeLeftovers(cache: string): Promise<string[]> {
  const removed: string[] = [];
  const parent = join(cache, 'tmp');
  for (const name of existsSync(parent) ? readdirSync(parent) : []) {
    const [of, pid] = name.split('.');
    if (of !== host() || isAlive(Number(pid))) continue;
    await rm(join(parent, name), { recursive: true, force: true });
    removed.push(name);
  }
  return removed;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Renames a finished folder into place. Where another install was faster, its result stays and this one is removed; a
 * result that is not complete is replaced.
 */
export async function commit(folder: string, target: string, complete: (folder: string) => boolean): Promise<void> {
  await mkdir(join(target, '..'), { recursive: true });
  if (existsSync(target) && !complete(target)) {
    const away = `${folder}-old`;
    await rename(target, away);
    await rm(away, { recursive: true, force: true });
  }
  try {
    await rename(folder, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if ((code !== 'ENOTEMPTY' && code !== 'EEXIST') || !complete(target)) throw error;
    await rm(folder, { recursive: true, force: true });
  }
}
