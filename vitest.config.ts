import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (folder: string, name: string, entry = 'index'): string =>
  fileURLToPath(new URL(`./${folder}/${name}/src/${entry}.ts`, import.meta.url));

/** Tests run against the sources: no build between an edit and its test. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@selfcure\/core\/app$/, replacement: source('packages', 'core', 'app') },
      { find: /^@selfcure\/(data|models|slices)\/node$/, replacement: source('packages', '$1', 'node') },
      // Threads run JavaScript alone: a test that opens a picture pool bundles its program.
      {
        find: './picture-program.ts',
        replacement: fileURLToPath(new URL('./packages/data/test/picture-program.ts', import.meta.url)),
      },
      { find: /^selfcure$/, replacement: source('packages', 'cli') },
      {
        find: /^@selfcure\/(audit|tensor|core|experiments|models|data|report|slices)$/,
        replacement: source('packages', '$1'),
      },
      { find: /^@selfcure\/(reference|tensorflow|tfjs|wasm|webgpu)$/, replacement: source('adapters', '$1') },
      {
        find: /^@selfcure\/wasm\/kernels\//,
        replacement: fileURLToPath(new URL('./adapters/wasm/src/binary/', import.meta.url)),
      },
    ],
  },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'adapters/*/test/**/*.test.ts',
      'examples/service/test/*.test.ts',
      'test/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**', 'test/browser/**', 'test/consumer/**', 'test/runtime/**'],
    testTimeout: 60_000,
    pool: 'forks',
  },
});
