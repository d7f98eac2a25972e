import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { installArguments, writePackedProject } from '../packed-project.mjs';
import { root, run } from '../workspaces.mjs';
import { readmeProgram } from './readme-program.mjs';

/** Programs of test/runtime. Those that are bundled hold the packages too, as platforms without node_modules want it. */
const entries = [
  { entry: 'process' },
  { entry: 'function' },
  { entry: 'page', bundle: { platform: 'browser' } },
  { entry: 'worker', bundle: { conditions: ['workerd', 'worker', 'browser'], loader: { '.wasm': 'copy' } } },
];

/** Installs the packed packages into `project` and writes the programs there as JavaScript: `programs/<entry>.mjs`, bundles into `bundles/`. */
export async function prepareProject(project) {
  writePackedProject(project, { more: ['webgpu'] });
  const { code, stdout, stderr } = run('npm', installArguments, { cwd: project, quiet: true });
  if (code !== 0 || stderr.trim() !== '') throw new Error(`npm install gave ${code}\n${stdout}${stderr}`);
  for (const { entry, bundle } of entries) {
    // First without the packages, so that imports of them are resolved in the project and not in the repository.
    const outfile = join(project, 'programs', `${entry}.mjs`);
    await build({
      entryPoints: [join(root, 'test/runtime', `${entry}.ts`)],
      outfile,
      bundle: true,
      packages: 'external',
      external: ['*.wasm'],
      format: 'esm',
      target: 'es2022',
      loader: { '.safetensors': 'binary' },
      plugins: [readmePlugin(entry)],
      logLevel: 'error',
    });
    if (!bundle) continue;
    await build({
      entryPoints: [outfile],
      outdir: join(project, 'bundles', entry),
      outExtension: { '.js': '.mjs' },
      bundle: true,
      format: 'esm',
      target: 'es2022',
      external: ['node:*'],
      logLevel: 'error',
      ...bundle,
    });
  }
}

/** The program of the README in place of `readme.mjs`. */
function readmePlugin(entry) {
  return {
    name: 'readme',
    setup(builder) {
      builder.onResolve({ filter: /\/readme\.mjs$/ }, ({ path }) => ({ path: basename(path), namespace: 'readme' }));
      builder.onLoad({ filter: /.*/, namespace: 'readme' }, () => ({
        contents: readmeProgram(entry),
        loader: 'ts',
        resolveDir: root,
      }));
    },
  };
}
