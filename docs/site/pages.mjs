/**
 * The pages of the site: which file of the repository is shown under which address. Files in docs/site keep their place; everything
 * else that a page links to is a page too, or its source is shown (see sources.mjs).
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/workspaces.mjs';

const readmes = (group, address) =>
  readdirSync(join(root, group))
    .filter((name) => existsSync(join(root, group, name, 'README.md')))
    .map((name) => [`${group}/${name}/README.md`, `${address}/${name}.md`]);

/** File of the repository -> page, both with `.md` and relative to the root and to the site. */
export const shown = new Map([
  ['docs/methods.md', 'guide/methods.md'],
  ['docs/results.md', 'guide/results.md'],
  ['docs/performance.md', 'guide/performance.md'],
  ['docs/design.md', 'guide/design.md'],
  ['bench/README.md', 'guide/benchmarks.md'],
  ['test/golden/README.md', 'guide/golden-runs.md'],
  ['test/runtime/README.md', 'guide/runtimes.md'],
  ['CONTRIBUTING.md', 'guide/contributing.md'],
  ['AGENTS.md', 'guide/working-on-selfcure.md'],
  ...readmes('examples', 'guide'),
  ...readmes('packages', 'packages'),
  ...readmes('adapters', 'engines'),
]);

/** Places that pages link to and that a page of another name is about. */
export const about = new Map([
  ['README.md', 'index.md'],
  ['adapters', 'guide/engines.md'],
  ['examples/custom-relabel/index.ts', 'guide/relabel-strategy.md'],
  ['examples/custom-adapter/index.ts', 'guide/custom-engine.md'],
]);

const own = 'docs/site/';

/** The page on which a file or folder of the repository is shown, as a path of the site that ends in `.md`; or undefined. */
export function pageOf(path) {
  const page = shown.get(path) ?? about.get(path) ?? shown.get(`${path}/README.md`);
  if (page !== undefined) return page;
  return path.startsWith(own) && path.endsWith('.md') ? path.slice(own.length) : undefined;
}
