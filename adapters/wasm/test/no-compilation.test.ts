import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { reference } from '@selfcure/reference';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { tinyTraining } from '../../../test/conformance/groups/training.ts';
import type * as Program from './worker-program.ts';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/**
 * A realm as edge platforms have them: V8 refuses to compile WebAssembly and strings there, nothing of Node is there, and the
 * program is one file without tfjs.
 */
describe.each([
  ['index', /^WasmError: .*@tensorflow\/tfjs/],
  ['precompiled', /^WasmError: .*precompiled kernels/],
])('a platform that does not compile, entry %s', (entry, refusal) => {
  let program: typeof Program;
  let attempt: (bytes: Uint8Array) => unknown;
  let bytes: Uint8Array<ArrayBuffer>;

  beforeAll(async () => {
    const source = (name: string): string => path(`../../../${name}/src/index.ts`);
    const { outputFiles } = await build({
      entryPoints: [path('worker-program.ts')],
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'program',
      external: ['@tensorflow/*', 'node:*'],
      alias: {
        '@selfcure/core': source('packages/core'),
        '@selfcure/tensor': source('packages/tensor'),
        '@selfcure/tfjs': source('adapters/tfjs'),
        '@selfcure/wasm': path(`../src/${entry}.ts`),
      },
      logLevel: 'error',
    });
    const realm = createContext({ atob }, { codeGeneration: { strings: false, wasm: false } });
    runInContext(outputFiles[0]!.text, realm);
    program = runInContext('program', realm) as typeof Program;
    attempt = runInContext('(bytes) => new WebAssembly.Module(bytes)', realm) as typeof attempt;
    bytes = await readFile(path('../src/binary/simd.wasm'));
  });

  it('refuses bytes', async () => {
    expect(() => attempt(bytes)).toThrow(/disallowed by embedder/);
    const { tfjs, bytes: compiled } = await program.refusals();
    expect(tfjs).toMatch(refusal);
    expect(compiled).toMatch(/^WasmError: .*wasm\(\{ module \}\)/);
  });

  it('trains on precompiled kernels as the oracle does', async () => {
    const steps = 20;
    const { losses, state } = await program.train(await WebAssembly.compile(bytes), steps);
    const { graph, init, inputs } = tinyTraining();
    const oracle = reference();
    const expected = await oracle.createState(graph.state, init);
    const step = await oracle.compile(graph);
    for (let i = 0; i < steps; i++)
      expect(losses[i]).toBeCloseTo((await step.run(expected, inputs(i)))['loss']![0]!, 4);
    expect(Object.keys(state).sort()).toEqual(graph.state.map(({ name }) => name).sort());
    await oracle.close();
  });
});
