/** The benchmarks run the built packages; this says what is wrong with the build. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder, manifestOf, publishable } from '../scripts/workspaces.mjs';
import { BenchError } from './error.mjs';

/** The packages that the benchmarks run, with those that they need. */
function measuredPackages() {
  const packages = publishable();
  const needed = new Set(Object.keys(manifestOf(import.meta.dirname).dependencies));
  // Dependencies stand before their dependents.
  for (const { manifest } of packages.toReversed()) {
    if (needed.has(manifest.name)) for (const name of Object.keys(manifest.dependencies ?? {})) needed.add(name);
  }
  return packages.filter(({ manifest }) => needed.has(manifest.name));
}

/**
 * Names of packages whose build is older than a source file.
 *
 * @throws {BenchError} where a package is not built
 */
function outdatedBuilds() {
  return measuredPackages()
    .filter(({ folder, manifest }) => {
      const built = join(folder, 'dist', 'index.js');
      if (!existsSync(built)) throw new BenchError(`${manifest.name} is not built. Run npm run build`);
      const age = (path) => statSync(path).mtimeMs;
      return filesUnder(join(folder, 'src')).some((path) => age(join(folder, 'src', path)) > age(built));
    })
    .map(({ manifest }) => manifest.name);
}

/**
 * Says which builds are older than their sources; they are measured all the same.
 *
 * @throws {BenchError} where a package is not built
 */
export function checkBuilds(log) {
  const outdated = outdatedBuilds();
  if (outdated.length === 0) return;
  log(
    `Builds that are older than their sources: ${outdated.join(', ')}. Measuring them; npm run build makes them anew.`,
  );
}
