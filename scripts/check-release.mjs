/**
 * Rehearses a release of the last commit in a temporary clone: `changeset version`, then `npm publish --dry-run` of every package as it
 * would then be. Checks versions, change logs and the files that would go out. Publishes and changes nothing here. Build first.
 */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { temporary } from './pack.mjs';
import { manifestOf, publishable, root, run } from './workspaces.mjs';

const packages = publishable();
const clone = temporary('release');
const problems = [];
const expect = (holds, text) => holds || problems.push(text);

/** Runs a command in the clone; its output where it fails is the error. */
function inClone(command, args, cwd = clone) {
  const { code, stdout, stderr } = run(command, args, { cwd, quiet: true });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} gave ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** Whether one version comes after another, both of three numbers. */
function isLater(next, before) {
  const [a, b] = [next, before].map((version) => version.split('.').map(Number));
  const at = a.findIndex((part, i) => part !== b[i]);
  return at >= 0 && a[at] > b[at];
}

/** What `npm publish --dry-run` says that it would send. */
function rehearse(folder) {
  const output = inClone('npm', ['publish', '--dry-run', '--json', '--ignore-scripts', '--access', 'public'], folder);
  const said = JSON.parse(output);
  return said.files ? said : Object.values(said)[0];
}

try {
  inClone('git', ['clone', '--quiet', '--no-hardlinks', root, '.']);
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
  const committed = packages.filter(({ folder }) => existsSync(join(clone, relative(root, folder), 'package.json')));
  for (const { folder } of committed) {
    const dist = join(folder, 'dist');
    if (!existsSync(dist)) throw new Error(`not built: ${folder}. Run \`npm run build\` first.`);
    cpSync(dist, join(clone, relative(root, folder), 'dist'), { recursive: true });
  }
  const before = new Map(
    committed.map(({ folder, manifest }) => [manifest.name, manifestOf(join(clone, relative(root, folder))).version]),
  );
  const changesets = () => readdirSync(join(clone, '.changeset')).filter((name) => /^(?!README).*\.md$/.test(name));
  const count = changesets().length;
  inClone('changeset', ['version']);
  expect(changesets().length === 0, `changeset version left ${changesets().join(', ')}`);

  const after = committed.map(({ folder }) => {
    const place = join(clone, relative(root, folder));
    return { place, manifest: manifestOf(place) };
  });
  const versions = new Map(after.map(({ manifest }) => [manifest.name, manifest.version]));
  const { fixed } = JSON.parse(readFileSync(join(clone, '.changeset/config.json'), 'utf8'));
  for (const group of fixed) {
    const distinct = new Set(group.map((name) => versions.get(name)));
    expect(distinct.size === 1, `${group.join(', ')} are to have one version and have ${[...distinct].join(', ')}`);
  }
  for (const { place, manifest } of after) {
    const { name, version } = manifest;
    for (const [other, range] of Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies }))
      if (versions.has(other))
        expect(range === versions.get(other), `${name} asks for ${other} ${range}, not ${versions.get(other)}`);
    const released = isLater(version, before.get(name));
    expect(released || version === before.get(name), `${name} goes from ${before.get(name)} back to ${version}`);
    if (released) expect(existsSync(join(place, 'CHANGELOG.md')), `${name} ${version} has no change log`);
    const { files, size, unpackedSize, version: sent } = rehearse(place);
    expect(sent === version, `${name} would be published as ${sent}, not ${version}`);
    for (const { path } of files) {
      const wanted = /^(dist\/.+|native\/.+\.cc|README\.md|CHANGELOG\.md|LICENSE|package\.json)$/.test(path);
      expect(wanted && !path.endsWith('.tsbuildinfo'), `${name} would publish ${path}`);
    }
    const kilobytes = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
    const step = released ? `${before.get(name)} to ${version}` : `${version}, unchanged`;
    console.log(
      `${name}: ${step}; ${files.length} files, ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} unpacked`,
    );
  }
  console.log(`${count} changesets`);
} finally {
  rmSync(clone, { recursive: true, force: true });
}
for (const problem of problems) console.error(`FAILED ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
