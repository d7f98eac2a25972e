import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../..', import.meta.url));
// Below node_modules, so that it finds foreign packages.
const folder = join(root, 'node_modules', '.cache', `selfcure-data-test-${randomUUID()}`);
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const bundled = async (): Promise<URL> => {
  const program = join(folder, 'picture-worker.mjs');
  await build({
    entryPoints: [join(root, 'packages/data/src/node/picture-worker.ts')],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
    external: ['tinypool', 'sharp', 'jpeg-js'],
    alias: Object.fromEntries(
      ['core', 'tensor'].map((name) => [`@selfcure/${name}`, join(root, `packages/${name}/src/index.ts`)]),
    ),
  });
  return pathToFileURL(program);
};

let program: Promise<URL> | undefined;

/** The program of a pool's threads, bundled from the sources; vitest.config.ts puts this in place of `src/node/picture-program.ts`. */
export function pictureProgram(): Promise<URL> {
  program ??= bundled();
  return program;
}
