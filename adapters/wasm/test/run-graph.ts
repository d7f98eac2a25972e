import { readFile } from 'node:fs/promises';
import { randomStream } from '@selfcure/core';
import { sizeOf, trace } from '@selfcure/tensor';
import type { Backend, NamedArrays, Ops, Program, Shape, Tensor } from '@selfcure/tensor';
import { wasm } from '@selfcure/wasm';
import type { WasmOptions } from '@selfcure/wasm';

/** Backends on own kernels: on those that this runtime takes, and on those without fused multiply-adds. */
export const buildsWith = (options: Pick<WasmOptions, 'exact'>): Readonly<Record<string, () => Promise<Backend>>> => ({
  'of this runtime': async () => wasm(options),
  'without relaxed SIMD': async () =>
    wasm({
      ...options,
      module: await WebAssembly.compile(await readFile(new URL('../src/binary/simd.wasm', import.meta.url))),
    }),
});

/** {@link buildsWith} no options. */
export const builds = buildsWith({});

/** Numbers between -2 and 2, the same for the same seed. */
export function numbers(shape: Shape, seed: number): Float32Array {
  const random = randomStream({ seed, purpose: 'test/numbers' });
  return Float32Array.from({ length: sizeOf(shape) }, () => 4 * random.uniform() - 2);
}

/** Runs a graph once on a state without values; inputs that are not given are {@link numbers}. */
export async function runGraph(
  engine: Backend,
  body: (ops: Ops) => Record<string, Tensor>,
  given: NamedArrays = {},
): Promise<{ outputs: NamedArrays; steps: Program['report']['steps'] }> {
  const graph = trace(body);
  const program = await engine.compile(graph);
  const state = await engine.createState([], {});
  try {
    const inputs = graph.inputs.map(({ name, shape }, i) => [name, given[name] ?? numbers(shape, i + 1)] as const);
    return { outputs: await program.run(state, Object.fromEntries(inputs)), steps: program.report.steps };
  } finally {
    state.dispose();
    program.dispose();
  }
}

/** Largest difference of any element, over the larger of 1 and the largest expected element. NaN must meet NaN. */
export function distance(actual: NamedArrays, expected: NamedArrays): number {
  let worst = 0;
  for (const [name, values] of Object.entries(expected)) {
    const found = actual[name];
    if (found?.length !== values.length) return Infinity;
    let [difference, scale] = [0, 1];
    values.forEach((value, i) => {
      if (Number.isNaN(value) !== Number.isNaN(found[i]!)) difference = Infinity;
      if (Object.is(value, found[i]) || Number.isNaN(value)) return;
      difference = Math.max(difference, Math.abs(value - found[i]!));
      if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
    });
    worst = Math.max(worst, difference / scale);
  }
  return worst;
}
