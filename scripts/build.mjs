/**
 * Builds every package: JavaScript by tsup, declarations by `tsc --build`, both into its dist/.
 * `--clean` starts from nothing, `--clean-only` removes every dist/ and stops.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder, orExit, publishable, root, run } from './workspaces.mjs';

const packages = publishable();
const flags = process.argv.slice(2);

if (flags.includes('--clean') || flags.includes('--clean-only')) {
  for (const { folder } of packages) rmSync(join(folder, 'dist'), { recursive: true, force: true });
}
if (flags.includes('--clean-only')) process.exit(0);

await import('./build-kernels.mjs');

// tsc trusts its .tsbuildinfo and not the folder. A declaration that someone deleted would stay missing and one whose
// source is gone would be published: forget the former's build state, delete the latter.
for (const { folder } of packages) {
  const dist = join(folder, 'dist');
  const sources = filesUnder(join(folder, 'src')).filter((path) => /(?<!\.d)\.ts$/.test(path));
  const expected = new Set(sources.map((path) => path.replace(/\.ts$/, '.d.ts')));
  const present = new Set(filesUnder(dist).filter((path) => path.endsWith('.d.ts')));
  for (const path of present) if (!expected.has(path)) rmSync(join(dist, path));
  if ([...expected].some((path) => !present.has(path))) rmSync(join(dist, '.tsbuildinfo'), { force: true });
}

orExit(run('tsup', []));
orExit(run('tsc', ['--build']));

// The binaries as files beside those that the JavaScript holds, for platforms that compile at deployment.
const wasm = join(root, 'adapters/wasm');
const kernels = join(wasm, 'dist/kernels');
mkdirSync(kernels, { recursive: true });
for (const name of filesUnder(join(wasm, 'src/binary')).filter((file) => file.endsWith('.wasm')))
  cpSync(join(wasm, 'src/binary', name), join(kernels, name));
cpSync(join(wasm, 'src/kernel-module.d.ts'), join(kernels, 'kernel-module.d.ts'));
