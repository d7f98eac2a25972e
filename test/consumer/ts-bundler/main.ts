// What a project on Vite or esbuild writes: a library, an adapter and its engine, resolved by the bundler.
import * as core from '@selfcure/core';
import * as tfjs from '@selfcure/tfjs';
import * as wasm from '@selfcure/wasm';

for (const part of [core, tfjs, wasm]) {
  if (Object.keys(part).length === 0) throw new Error('a package exports nothing');
}
