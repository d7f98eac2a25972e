import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const source = (path: string): string => join(root, path);

/** Our packages by name, as their sources. */
const sources: Readonly<Record<string, string>> = {
  '@selfcure/audit': source('packages/audit/src/index.ts'),
  '@selfcure/core': source('packages/core/src/index.ts'),
  '@selfcure/core/app': source('packages/core/src/app.ts'),
  '@selfcure/data': source('packages/data/src/index.ts'),
  '@selfcure/data/node': source('packages/data/src/node.ts'),
  '@selfcure/experiments': source('packages/experiments/src/index.ts'),
  '@selfcure/models': source('packages/models/src/index.ts'),
  '@selfcure/models/node': source('packages/models/src/node.ts'),
  '@selfcure/report': source('packages/report/src/index.ts'),
  '@selfcure/slices': source('packages/slices/src/index.ts'),
  '@selfcure/tensor': source('packages/tensor/src/index.ts'),
  '@selfcure/reference': source('adapters/reference/src/index.ts'),
  '@selfcure/tensorflow': source('adapters/tensorflow/src/index.ts'),
  '@selfcure/tfjs': source('adapters/tfjs/src/index.ts'),
  '@selfcure/wasm': source('adapters/wasm/src/index.ts'),
};

/**
 * Bundles a program from the sources, for tests that need a process of its own: no build, no install. The file lies under
 * node_modules, so that it finds foreign packages.
 *
 * @param entry path of its source in the repository.
 * @returns path of the program, and what removes it.
 */
export async function bundle(entry: string): Promise<{ readonly program: string; remove(): Promise<void> }> {
  const folder = join(root, 'node_modules', '.cache', `selfcure-cli-test-${randomUUID()}`);
  const program = join(folder, 'dist', 'program.mjs');
  await mkdir(join(folder, 'dist'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "version": "0.0.0-test" }\n');
  await build({
    entryPoints: [source(entry)],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
    plugins: [
      {
        name: 'sources',
        setup: ({ onResolve }) => {
          // Ours from the sources; whatever else is not a path stays an import.
          onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
            if (kind === 'entry-point') return undefined;
            return sources[path] === undefined ? { path, external: true } : { path: sources[path] };
          });
        },
      },
    ],
  });
  return { program, remove: () => rm(folder, { recursive: true, force: true }) };
}
