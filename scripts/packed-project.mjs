import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pack } from './pack.mjs';
import { manifestOf, publishable, root } from './workspaces.mjs';

/** How npm installs such a project: what it writes to stderr is a fault. */
export const installArguments = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=warn'];

/**
 * Packs every package and writes the package.json of a project that depends on the tarballs, on the engines that they ask their user to
 * install, at the versions that the repository is tested with, and on `more` of its development dependencies.
 *
 * @param replaced folders that are packed in place of packages, by name.
 */
export function writePackedProject(project, { replaced = new Map(), more = [] } = {}) {
  const packages = publishable();
  const tarballs = pack(
    packages.map(({ folder, manifest }) => replaced.get(manifest.name) ?? folder),
    join(project, 'tarballs'),
  );
  const ours = Object.fromEntries(packages.map(({ manifest }, index) => [manifest.name, `file:${tarballs[index]}`]));
  const { devDependencies, allowScripts } = manifestOf(root);
  const peers = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.peerDependencies ?? {}).filter((name) => !manifest.peerDependenciesMeta?.[name]?.optional),
  );
  const engines = Object.fromEntries(
    [...peers, ...more].filter((name) => name in devDependencies).map((name) => [name, devDependencies[name]]),
  );
  const manifest = { name: 'consumer', private: true, dependencies: { ...ours, ...engines } };
  if (more.length > 0) manifest.allowScripts = allowScripts;
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
}
