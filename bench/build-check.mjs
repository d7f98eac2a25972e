/** The benchmarks run the built packages; this says what is wrong with the build. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder, publishable } from '../scripts/workspaces.mjs';
import { BenchError } from './error.mjs';

/**
 * Names of packages whose build is older than a source file.
 *
 * @throws {BenchError} where a package is not built
 */
function outdatedBuilds() {
  return publishable()
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
