/**
 * Plants a fault before each gate that needs the built packages, and expects the gate to see it (the quick gates are
 * tested by test/gates/). Works on copies; build first.
 */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporary } from './pack.mjs';
import { manifestOf, root, run } from './workspaces.mjs';

const temp = temporary('gates');
let failed = 0;

/** Expects a command to fail and to say `why`. */
function expectFailure(fault, why, command, args, options = {}) {
  const { code, stdout, stderr } = run(command, args, { quiet: true, ...options });
  const seen = code !== 0 && `${stdout}${stderr}`.includes(why);
  console.log(`${seen ? 'ok    ' : 'FAILED'} ${fault}`);
  if (!seen) console.error(`  expected a failure that says "${why}"; exit code ${code}\n${stdout}${stderr}`);
  if (!seen) failed += 1;
}

/** A copy of a built package that a fault can be planted in. */
function copyOf(path, name) {
  const copy = join(temp, name);
  cpSync(join(root, path), copy, { recursive: true, filter: (from) => !from.includes('node_modules') });
  return copy;
}

try {
  const budget = join(temp, 'budgets.json');
  const core = { name: 'core', import: ['@selfcure/core'], external: [], forbid: [], limit: 0.001 };
  writeFileSync(budget, JSON.stringify([core]));
  expectFailure('core over a budget of one byte', 'budget 1', 'node', ['scripts/size.mjs', '--config', budget]);

  const missing = copyOf('packages/core', 'missing');
  const manifest = manifestOf(missing);
  manifest.exports = { ...manifest.exports, './gone': { types: './dist/gone.d.ts', default: './dist/gone.js' } };
  writeFileSync(join(missing, 'package.json'), JSON.stringify(manifest));
  expectFailure('core with an export that is not built', 'names dist/gone.js', 'node', [
    'scripts/check-packages.mjs',
    missing,
  ]);

  const noisy = copyOf('adapters/wasm', 'noisy');
  writeFileSync(join(noisy, 'dist', 'index.js'), `console.warn('planted');\nexport const wasm = 1;\n`);
  const replace = ['scripts/check-consumers.mjs', '--replace', `@selfcure/wasm=${noisy}`];
  expectFailure('an adapter that writes to stderr when imported', 'FAILED node, import', 'node', replace);

  const examples = join(temp, 'examples.ts');
  const writeExample = (code) => writeFileSync(examples, `/**\n * @example ${code}\n */\nexport const planted = 1;\n`);
  writeExample("accuracy([0, 1], ['0', 1], 2) // 0.5");
  expectFailure('an example with a type error', 'examples.ts:2: error TS2322', 'node', [
    'scripts/check-examples.mjs',
    examples,
  ]);
  writeExample('accuracy([0, 1], [0, 0], 2) // 0.75');
  expectFailure('an example that says what does not come out', 'examples.ts:2: gives 0.5, not 0.75', 'node', [
    'scripts/check-examples.mjs',
    examples,
  ]);
  writeExample('accuracy([0, 1], [0], 2)');
  expectFailure('an example that throws', 'examples.ts:2: throws OptionError', 'node', [
    'scripts/check-examples.mjs',
    examples,
  ]);

  const mistyped = join(temp, 'mistyped');
  mkdirSync(join(mistyped, 'src'), { recursive: true });
  writeFileSync(
    join(mistyped, 'src', 'index.ts'),
    `export const a: number = 'b';\nexport const c = [a].map(String);\n`,
  );
  const options = { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/.tsbuildinfo' };
  const tsconfig = { extends: join(root, 'tsconfig.base.json'), compilerOptions: options, include: ['src'] };
  writeFileSync(join(mistyped, 'tsconfig.json'), JSON.stringify(tsconfig));
  expectFailure('a type error', 'TS2322', 'tsc', ['--build', mistyped]);
  expectFailure('an export without a type', 'TS9010', 'tsc', ['--build', mistyped]);

  // The only repair among the gates: a declaration that vanished comes back although tsc's build state is fresh.
  const declaration = join(root, 'packages', 'core', 'dist', 'index.d.ts');
  rmSync(declaration);
  run('node', ['scripts/build.mjs'], { quiet: true });
  const back = existsSync(declaration);
  console.log(`${back ? 'ok    ' : 'FAILED'} a declaration that was deleted is built again`);
  if (!back) failed += 1;
} finally {
  rmSync(temp, { recursive: true, force: true });
}
process.exit(failed > 0 ? 1 : 0);
