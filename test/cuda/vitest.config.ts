import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import node from '../../vitest.config.ts';

/** `npm run test:cuda`: what only a machine with an NVIDIA GPU can pass. */
export default defineConfig({
  ...node,
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: { ...node.test, include: ['test/cuda/*.cuda.ts'], testTimeout: 300_000 },
});
