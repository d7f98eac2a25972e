/** What a program on a platform without compilation does; no-compilation.test.ts bundles it and runs it on such a one. */
import type { NamedArrays } from '@selfcure/tensor';
import { wasm } from '@selfcure/wasm';
import { plain, tinyTraining } from '../../../test/conformance/groups/training.ts';
import { loadKernels } from '../src/execute/load.ts';

/** Losses of some steps of training on precompiled kernels, and the state after them. */
export async function train(
  module: WebAssembly.Module,
  steps: number,
): Promise<{ losses: number[]; state: Record<string, number[]> }> {
  const { graph, init, inputs } = tinyTraining();
  const backend = await wasm({ module });
  const program = await backend.compile(graph);
  const state = await backend.createState(graph.state, init);
  const outputs: NamedArrays[] = [];
  for (let step = 0; step < steps; step++) outputs.push(await program.run(state, inputs(step)));
  const result = { losses: outputs.map(({ loss }) => loss![0]!), state: plain(await state.read()) };
  await backend.close();
  return result;
}

const told = (error: unknown): string => `${(error as Error).name}: ${(error as Error).message}`;

/** What is said where nothing precompiled is given: without tfjs, and of bytes. */
export async function refusals(): Promise<{ tfjs: string; bytes: string }> {
  return {
    tfjs: await wasm({ kernels: 'tfjs' }).then(() => 'opened', told),
    bytes: await loadKernels({ relaxed: false, shared: false }).then(() => 'compiled', told),
  };
}
