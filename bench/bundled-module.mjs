/** Modules that Node does not load as they are, bundled into the cache folder. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from '../scripts/workspaces.mjs';

/** Folder of what the benchmarks build. */
export const cacheFolder = join(root, 'node_modules', '.cache', 'selfcure', 'bench');

/**
 * Bundles a module for Node and imports it.
 *
 * @param {string} name of the file that is written
 * @param {import('esbuild').BuildOptions} source its entry
 */
export async function importBundled(name, source) {
  const outfile = join(cacheFolder, `${name}.mjs`);
  await build({ ...source, outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'error' });
  return import(pathToFileURL(outfile).href);
}

/**
 * Imports a TypeScript file of the repository, which Node 20 does not read.
 *
 * @param {string} path from the root
 */
export const importTypeScript = (path) =>
  importBundled(path.replaceAll(/\W+/g, '-'), { entryPoints: [join(root, path)], packages: 'external' });
