import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository, without a slash at its end. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');

/** The package.json of a folder, parsed. */
export const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** Every publishable package, as `{ folder, manifest }`, dependencies of ours before their dependents. */
export function publishable() {
  const found = ['packages', 'adapters']
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, manifest: manifestOf(folder) }))
    .filter(({ manifest }) => !manifest.private);
  const sorted = [];
  const visit = (item) => {
    if (sorted.includes(item)) return;
    for (const other of found) if (other.manifest.name in (item.manifest.dependencies ?? {})) visit(other);
    sorted.push(item);
  };
  found.forEach(visit);
  return sorted;
}

/** Paths of all files under a folder, relative to it, with forward slashes; nothing when it does not exist. */
export function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesUnder(join(folder, entry.name)).map((path) => `${entry.name}/${path}`) : [entry.name],
  );
}

/** Every string at the leaves of an `exports` or `bin` value. */
export const leaves = (value) => (typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap(leaves));

/** Runs a program of node_modules/.bin (or any other) and waits; output is shown unless `quiet`. */
export function run(command, args, { cwd = root, quiet = false, env = {} } = {}) {
  const path = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`;
  const result = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: quiet ? 'pipe' : 'inherit',
    env: { ...process.env, PATH: path, ...env },
    maxBuffer: 1 << 26,
  });
  if (result.error) throw result.error;
  return { code: result.status ?? 1, stdout: result.stdout ?? '', stderr: result.stderr ?? '' };
}

/** Installs the dependencies of the repository when nobody has done so yet. */
export function ensureInstalled() {
  if (existsSync(join(root, 'node_modules', '.package-lock.json'))) return;
  console.log('Installing dependencies (npm ci), once…');
  const { code } = run('npm', ['ci']);
  if (code !== 0) process.exit(code);
}

/** Ends the process with the exit code of a command that failed. */
export function orExit({ code }) {
  if (code !== 0) process.exit(code);
}
