/**
 * `npm run example -- quickstart [arguments]`: runs examples/quickstart/index.ts on the built packages.
 * Node 20 does not strip types, so the example is bundled first; everything that it imports by name stays outside.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, orExit, publishable, root, run } from './workspaces.mjs';

const [name, ...rest] = process.argv.slice(2);
const source = [`examples/${name}/index.ts`, `examples/${name}.ts`, `examples/${name}`, `${name}`]
  .map((path) => join(root, path))
  .find((path) => name !== undefined && path.endsWith('.ts') && existsSync(path));
if (source === undefined) {
  console.error(`No example ${name ?? '(no name given)'}: name a folder of examples/ that has an index.ts.`);
  process.exit(2);
}

ensureInstalled();
if (publishable().some(({ folder }) => !existsSync(join(folder, 'dist', 'index.js')))) {
  orExit(run('node', ['scripts/build.mjs']));
}

// Inside node_modules, so that the bundle finds the packages as the example would.
const outfile = join(
  root,
  'node_modules',
  '.cache',
  'selfcure',
  'examples',
  `${name.replaceAll(/[^a-z0-9-]+/gi, '-')}.mjs`,
);
const { build } = await import('esbuild');
await build({
  entryPoints: [source],
  outfile,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  define: { 'import.meta.url': JSON.stringify(pathToFileURL(source).href) },
  logLevel: 'warning',
});
process.exit(run('node', ['--enable-source-maps', outfile, ...rest], { cwd: process.cwd() }).code);
