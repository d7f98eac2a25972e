/**
 * Installs the packed packages into a project of their own, outside the repository, and runs the programs of
 * test/consumer there: ES modules, require(), TypeScript under nodenext, under a bundler and for a worker, precompiled kernels. Nothing may be written to
 * stderr, by npm, the type checker or the programs. Build first.
 * `--replace NAME=FOLDER` packs another folder in place of a package (the self-test of the gates plants faults so).
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { pack, temporary } from './pack.mjs';
import { manifestOf, publishable, root, run } from './workspaces.mjs';

const replaced = new Map(
  process.argv.flatMap((argument, index, all) => (all[index - 1] === '--replace' ? [argument.split('=')] : [])),
);
const packages = publishable();
const project = temporary('consumers');

/** Runs one step in the project, quietly; says what it wrote when it fails or writes to stderr. */
function step(name, command, args) {
  const start = performance.now();
  const { code, stdout, stderr } = run(command, args, { cwd: project, quiet: true, env: { NODE_OPTIONS: '' } });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (code !== 0 || stderr.trim() !== '') {
    console.error(`FAILED ${name}: ${command} ${args.join(' ')} gave ${code}\n${stdout}${stderr}`);
    return false;
  }
  console.log(`ok     ${name} (${seconds} s)`);
  return true;
}

/** Engines that the packages ask their user to install, at the versions that the repository is tested with. */
function engines() {
  const { devDependencies } = manifestOf(root);
  const peers = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.peerDependencies ?? {}).filter((name) => !manifest.peerDependenciesMeta?.[name]?.optional),
  );
  return Object.fromEntries(
    peers.filter((name) => name in devDependencies).map((name) => [name, devDependencies[name]]),
  );
}

let sound = false;
try {
  const tarballs = pack(
    packages.map(({ folder, manifest }) => replaced.get(manifest.name) ?? folder),
    join(project, 'tarballs'),
  );
  const ours = Object.fromEntries(packages.map(({ manifest }, index) => [manifest.name, `file:${tarballs[index]}`]));
  const manifest = { name: 'consumer', private: true, dependencies: { ...ours, ...engines() } };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  cpSync(join(root, 'test', 'consumer'), project, { recursive: true });
  mkdirSync(join(project, 'bundle'));

  sound =
    step('npm install', 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=warn']) &&
    [
      step('node, import', 'node', ['node-esm/main.mjs']),
      step('node, require', 'node', ['node-require/main.cjs']),
      step('TypeScript, nodenext', 'tsc', ['--project', 'ts-nodenext']),
      step('TypeScript, bundler', 'tsc', ['--project', 'ts-bundler']),
      step('TypeScript, worker', 'tsc', ['--project', 'ts-worker']),
    ].every(Boolean);
  if (sound) {
    const bundle = { bundle: true, format: 'esm', platform: 'browser', logLevel: 'error' };
    await build({
      ...bundle,
      entryPoints: [join(project, 'ts-bundler', 'main.ts')],
      outfile: join(project, 'bundle', 'main.mjs'),
      external: ['node:*'],
    });
    console.log('ok     esbuild bundles the program for browsers');
    rmSync(join(project, 'node_modules', '@tensorflow'), { recursive: true });
    await build({
      ...bundle,
      entryPoints: [join(project, 'ts-worker', 'main.ts')],
      outdir: join(project, 'bundle', 'worker'),
      conditions: ['workerd', 'worker', 'browser'],
      loader: { '.wasm': 'copy' },
    });
    console.log('ok     esbuild bundles the program for workers without tfjs, with the kernels as a file');
    sound = step('node, precompiled kernels without tfjs', 'node', ['node-module/main.mjs']);
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}
process.exit(sound ? 0 : 1);
