/**
 * Installs the packed packages into a project of their own, outside the repository, and runs the programs of
 * test/consumer there: ES modules, require(), TypeScript under nodenext, under a bundler and for a worker, precompiled kernels. Nothing may be written to
 * stderr, by npm, the type checker or the programs. Build first.
 * `--replace NAME=FOLDER` packs another folder in place of a package (the self-test of the gates plants faults so).
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { temporary } from './pack.mjs';
import { installArguments, writePackedProject } from './packed-project.mjs';
import { root, run } from './workspaces.mjs';

const replaced = new Map(
  process.argv.flatMap((argument, index, all) => (all[index - 1] === '--replace' ? [argument.split('=')] : [])),
);
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

let sound = false;
try {
  writePackedProject(project, { replaced });
  cpSync(join(root, 'test', 'consumer'), project, { recursive: true });
  mkdirSync(join(project, 'bundle'));

  sound =
    step('npm install', 'npm', installArguments) &&
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
