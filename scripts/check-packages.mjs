/**
 * Checks what would be published: packs every package (or the folders given as arguments) and looks at the tarball.
 * Its manifest, its files, the reach of its entries, what it imports, then publint and attw. Build first.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { pack, temporary } from './pack.mjs';
import { filesUnder, leaves, manifestOf, publishable, root, run } from './workspaces.mjs';

const installScripts = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'];
const packageOf = (specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
const license = readFileSync(join(root, 'LICENSE'), 'utf8');
const isNode = (specifier) => specifier.startsWith('node:') || builtinModules.includes(specifier);

/** What is wrong with a manifest, as sentences. */
function manifestProblems(manifest, versions) {
  const problems = [];
  const expect = (holds, text) => holds || problems.push(text);
  expect(manifest.type === 'module', '"type" is not "module"');
  expect(manifest.sideEffects === false, '"sideEffects" is not false');
  expect(manifest.license === 'Apache-2.0', '"license" is not Apache-2.0');
  expect(manifest.engines?.node === '>=20.19.0', '"engines.node" is not ">=20.19.0"');
  expect(manifest.description, '"description" is missing');
  for (const name of installScripts) expect(!manifest.scripts?.[name], `it runs an install script, "${name}"`);
  for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    const version = versions.get(name);
    expect(version === undefined || range === version, `it asks for ${name} ${range}; the workspace has ${version}`);
  }
  return problems;
}

/** What is wrong with the files of an unpacked tarball: missing, superfluous, out of reach, undeclared. */
async function fileProblems(folder, manifest) {
  const problems = [];
  const files = filesUnder(folder);
  const has = new Set(files);
  const targets = [...new Set([...leaves(manifest.exports), ...leaves(manifest.bin)])].map((path) =>
    path.replace(/^\.\//, ''),
  );
  if (targets.length === 0) problems.push('"exports" names no file');
  for (const path of targets)
    if (!has.has(path)) problems.push(`"exports" or "bin" names ${path}, which is not packed`);
  for (const path of files) {
    if (path.endsWith('.tsbuildinfo') || !/^(dist\/.+|native\/.+\.cc|README\.md|LICENSE|package\.json)$/.test(path))
      problems.push(`${path} must not be packed`);
  }
  if (!has.has('README.md')) problems.push('README.md is missing');
  if (!has.has('LICENSE')) problems.push('LICENSE is missing: copy that of the repository into the package');
  else if (readFileSync(join(folder, 'LICENSE'), 'utf8') !== license)
    problems.push('LICENSE is not that of the repository');

  const entries = targets.filter((path) => path.endsWith('.js') && has.has(path));
  for (const path of entries) {
    const typed = has.has(path.replace(/\.js$/, '.d.ts'));
    if (!typed) problems.push(`${path} has no declarations`);
  }
  const declared = new Set(
    Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies }),
  );
  const allowed = (specifier) =>
    isNode(specifier) || packageOf(specifier) === manifest.name || declared.has(packageOf(specifier));
  const reached = new Set();
  const queue = [...entries];
  while (queue.length > 0) {
    const { metafile } = await build({
      absWorkingDir: folder,
      entryPoints: queue.splice(0).map((path) => `./${path}`),
      outdir: 'unused',
      bundle: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      metafile: true,
      write: false,
      logLevel: 'silent',
    });
    for (const [path, input] of Object.entries(metafile.inputs)) {
      if (reached.has(path)) continue;
      reached.add(path);
      for (const { path: name, external } of input.imports) {
        if (external && !allowed(name)) problems.push(`${path} imports ${name}, which package.json does not declare`);
      }
      // Workers and assets that a module names by URL are reached too.
      for (const [, url] of readFileSync(join(folder, path), 'utf8').matchAll(/new URL\(\s*['"](\.[^'"]+)['"]/g)) {
        const target = relative(folder, resolve(folder, dirname(path), url)).replaceAll('\\', '/');
        if (!has.has(target)) problems.push(`${path} names ${url}, which is not packed`);
        else if (/\.m?js$/.test(target) && !reached.has(target)) queue.push(target);
      }
    }
  }
  for (const path of files.filter((name) => /\.[cm]?js$/.test(name) && !reached.has(name))) {
    problems.push(`${path} is reached from no entry`);
  }

  for (const path of files.filter((name) => name.endsWith('.d.ts'))) {
    const text = readFileSync(join(folder, path), 'utf8');
    for (const [, specifier] of text.matchAll(/(?<!['"])\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
      // Doc comments hold examples that import what a user has installed; only code counts.
      const line = text.slice(text.lastIndexOf('\n', text.indexOf(specifier)) + 1);
      if (/^\s*\*/.test(line)) continue;
      if (specifier.startsWith('.')) {
        const target = join(dirname(path), specifier.replace(/\.(ts|js)$/, '.d.ts')).replaceAll('\\', '/');
        if (!has.has(target)) problems.push(`${path} refers to ${specifier}, which is not packed`);
      } else if (!allowed(specifier))
        problems.push(`${path} refers to ${specifier}, which package.json does not declare`);
    }
  }
  for (const path of files.filter((name) => name.endsWith('.js.map'))) {
    for (const source of JSON.parse(readFileSync(join(folder, path), 'utf8')).sources) {
      if (source.includes('node_modules')) problems.push(`${path.slice(0, -4)} contains a copy of ${source}`);
    }
  }
  for (const path of files.filter((name) => /\.(js|ts|map|json|md)$/.test(name))) {
    if (readFileSync(join(folder, path), 'utf8').includes(root)) problems.push(`${path} holds a path of this machine`);
  }
  return problems;
}

/** Everything that is wrong with one packed package. The type checker is asked last, and only about sound files. */
async function problemsOf(tarball, folder, versions) {
  const manifest = manifestOf(folder);
  const problems = [...manifestProblems(manifest, versions), ...(await fileProblems(folder, manifest))];
  if (problems.length > 0) return problems;
  const { messages } = await publint({ pkgDir: folder, strict: true, level: 'warning', pack: false });
  problems.push(...messages.map((message) => `publint: ${formatMessage(message, manifest, { color: false })}`));
  const attw = run('attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color', '--format', 'ascii'], {
    quiet: true,
  });
  if (attw.code !== 0) problems.push(`attw:\n${attw.stdout}${attw.stderr}`);
  return problems;
}

const folders = process.argv.slice(2).map((path) => resolve(path));
const all = publishable();
const versions = new Map(all.map(({ manifest }) => [manifest.name, manifest.version]));
const chosen = folders.length > 0 ? folders : all.map(({ folder }) => folder);
const temp = temporary('packages');
let failed = 0;
try {
  const unbuilt = chosen.filter((folder) => !existsSync(join(folder, 'dist')));
  if (unbuilt.length > 0) throw new Error(`not built: ${unbuilt.join(', ')}. Run \`npm run build\` first.`);
  const tarballs = pack(chosen, join(temp, 'tarballs'));
  for (const [index, tarball] of tarballs.entries()) {
    const target = join(temp, String(index));
    mkdirSync(target);
    const { code, stderr } = run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'], { quiet: true });
    if (code !== 0) throw new Error(`tar: ${stderr}`);
    const problems = await problemsOf(tarball, target, versions);
    const size = (readFileSync(tarball).length / 1000).toFixed(1);
    console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${manifestOf(target).name} (${size} kB packed)`);
    for (const problem of problems) console.error(`  ${manifestOf(target).name}: ${problem}`);
    if (problems.length > 0) failed += 1;
  }
} finally {
  rmSync(temp, { recursive: true, force: true });
}
process.exit(failed > 0 ? 1 : 0);
