import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import sources from '../../vitest.config.ts';

/** Tests of the page: its parts in Node, the built site in Chromium. `npm run test:site` builds first. */
export default defineConfig({
  ...(sources.resolve && { resolve: sources.resolve }),
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Each trains: more than one at a time would share the cores.
    fileParallelism: false,
  },
});
