import { reference } from '@selfcure/reference';
import type { Backend } from '@selfcure/tensor';
import { expect, test } from 'vitest';
import { examine } from '../src/doctor/examine.ts';
import type { Adapter } from '../src/engine/adapters.ts';
import { run } from './run-main.ts';

const oracle: Adapter = {
  name: 'reference',
  packageName: '@selfcure/reference',
  description: 'oracle',
  open: () => Promise.resolve(reference()),
};

test('every engine of this installation agrees with the oracle', async () => {
  const { code, stdout } = await run(['doctor', '--json']);
  const findings = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { subject: string; state: string; detail: string });
  const native = ['engine webgpu', 'engine tensorflow'];
  expect(findings.flatMap(({ subject, state }) => (native.includes(subject) ? [] : [[subject, state]]))).toEqual(
    ['selfcure', 'Node.js', 'platform', 'cores', 'memory', 'WebAssembly SIMD', 'engine wasm', 'engine reference'].map(
      (subject) => [subject, 'ok'],
    ),
  );
  // What is native may be missing here; whatever runs agrees, and the rest says what to do.
  for (const subject of native) {
    const { state, detail } = findings.find((finding) => finding.subject === subject)!;
    expect(detail).toMatch(state === 'ok' ? /within \de-\d of the oracle's/ : /is not installed|does not start: ./);
  }
  expect(findings[6]!.detail).toMatch(/losses within \de-\d of the oracle's/);
  expect(code).toBe(0);
});

test('a missing engine is named with its remedy', async () => {
  const missing: Adapter = {
    name: 'wasm',
    packageName: '@selfcure/wasm',
    description: '',
    open: () => import(/* @vite-ignore */ `@selfcure/${'not-there'}/entry`) as Promise<never>,
  };
  const found = (await examine([missing, oracle], ['wasm'])).find(({ subject }) => subject === 'engine wasm');
  expect(found).toMatchObject({
    state: 'missing',
    needed: true,
    detail: expect.stringMatching(/backend 'wasm' is not installed.*npm install @selfcure\/not-there$/),
  });
});

test('an engine that computes something else is found out', async () => {
  // Its updates are half as large as they should be.
  const wrong = (): Backend => {
    const right = reference();
    return {
      ...right,
      compile: async (graph) => {
        const program = await right.compile(graph);
        return {
          ...program,
          run: (state, inputs) =>
            program.run(state, { ...inputs, learningRate: Float64Array.of(inputs['learningRate']![0]! / 2) }),
        };
      },
    };
  };
  const adapter: Adapter = {
    name: 'timid',
    packageName: '@selfcure/timid',
    description: '',
    open: () => Promise.resolve(wrong()),
  };
  const found = (await examine([adapter, oracle], [])).find(({ subject }) => subject === 'engine timid');
  expect(found).toMatchObject({ state: 'wrong', detail: expect.stringMatching(/differ from the oracle's/) });
});

test('an engine that does not start is told from a missing one', async () => {
  const broken: Adapter = {
    name: 'wasm',
    packageName: '@selfcure/wasm',
    description: '',
    open: () => Promise.reject(new Error('no SIMD here')),
  };
  const found = (await examine([broken], ['wasm'])).find(({ subject }) => subject === 'engine wasm');
  expect(found).toMatchObject({ state: 'wrong', detail: "backend 'wasm' does not start: no SIMD here" });
});
