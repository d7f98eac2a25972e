/**
 * `npm run docs`: API reference and guides as static files in docs/site/dist; fails on a public export without a doc comment and on
 * a dead link. `npm run docs:dev` serves the pages while they are written. `--base /folder/` names the folder of the server.
 * typedoc needs a TypeScript that has a programming interface, so docs/site has packages of its own, which are installed at first use.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled, orExit, root, run } from './workspaces.mjs';

const { values } = parseArgs({ options: { dev: { type: 'boolean' }, base: { type: 'string', default: '/' } } });
if (!/^\/(.*\/)?$/.test(values.base)) {
  console.error(`--base ${values.base} does not begin and end with a slash`);
  process.exit(2);
}

ensureInstalled();
await import('./build-kernels.mjs');

const site = join(root, 'docs', 'site');
const changed = (path) => statSync(join(site, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (changed('node_modules/.package-lock.json') < changed('package-lock.json'))
  orExit(run('npm', ['ci'], { cwd: site }));

orExit(run('node', [join(site, 'reference.mjs')]));
orExit(run('node', [join(site, 'write-pages.mjs')]));
const vitepress = join(site, 'node_modules', 'vitepress', 'bin', 'vitepress.js');
const env = { SELFCURE_DOCS_BASE: values.base };
orExit(run('node', [vitepress, values.dev ? 'dev' : 'build', site], { env }));
if (!values.dev) orExit(run('node', [join(site, 'check-site.mjs')], { env }));
