import type { Backend, Graph, NamedArrays } from '@selfcure/tensor';
import { reference } from '@selfcure/reference';
import { randomStream } from '@selfcure/core';
import { sizeOf, trace } from '@selfcure/tensor';
import type { Ops, Shape, Tensor } from '@selfcure/tensor';
import { webgpu } from '@selfcure/webgpu';
import { openDevice } from '../src/device/open-device.ts';
import type { OpenDevice } from '../src/device/open-device.ts';
import { planBackend } from '../src/plan-backend.ts';
import type { KernelOptions } from '../src/steps/builder.ts';
import { useSoftwareAdapter } from './software-adapter.ts';

useSoftwareAdapter();

/**
 * Why WebGPU cannot be opened here, which it prints too, since tests are skipped then; null where it can.
 *
 * @throws that reason, where `SELFCURE_ENGINES` is `all`.
 */
export async function whyNoWebGpu(): Promise<string | null> {
  try {
    await (await webgpu()).close();
    return null;
  } catch (error) {
    if (process.env['SELFCURE_ENGINES'] === 'all') throw error;
    const reason = (error as Error).message;
    console.warn(`webgpu is absent, its tests are skipped: ${reason}`);
    return reason;
  }
}

/** A backend with limits or choices of kernels other than those of the device. */
export async function openWith(
  overrides: Partial<Pick<OpenDevice, 'maxBufferBytes' | 'maxBindingBytes'> & KernelOptions>,
): Promise<Backend> {
  const open = await openDevice({});
  const { parallel = 64, maxBuffers = open.maxBuffers, ...limits } = overrides;
  return planBackend({ open: { ...open, ...limits }, kernels: { parallel, maxBuffers } });
}

/** A device of its own, for tests that lend it or break it. */
export async function ownDevice(): Promise<OpenDevice> {
  return openDevice({});
}

/** Numbers between -2 and 2, the same for the same seed. */
export function numbers(shape: Shape, seed: number): Float32Array {
  const random = randomStream({ seed, purpose: 'test/numbers' });
  return Float32Array.from({ length: sizeOf(shape) }, () => 4 * random.uniform() - 2);
}

/** Runs a graph once on first values that are {@link numbers}, as its inputs are: outputs, and states after it. */
export async function runOnce(backend: Backend, graph: Graph): Promise<NamedArrays> {
  const program = await backend.compile(graph);
  const state = await backend.createState(
    graph.state,
    Object.fromEntries(
      graph.state.map(({ name, shape, kind }, i) => [
        name,
        kind === 'slot' ? new Float32Array(sizeOf(shape)) : numbers(shape, 100 + i),
      ]),
    ),
  );
  const inputs = Object.fromEntries(graph.inputs.map(({ name, shape }, i) => [name, numbers(shape, i + 1)]));
  try {
    return { ...(await program.run(state, inputs)), ...(await state.read()) };
  } finally {
    state.dispose();
    program.dispose();
  }
}

/** Largest difference from the float64 oracle, over the root mean square of each array. */
export async function distanceFromOracle(
  backend: Backend,
  body: (ops: Ops) => Record<string, Tensor>,
): Promise<number> {
  const graph = trace(body);
  const oracle = reference();
  const [found, expected] = [await runOnce(backend, graph), await runOnce(oracle, graph)];
  await oracle.close();
  let worst = 0;
  for (const [name, values] of Object.entries(expected)) {
    let squares = 0;
    for (const value of values) squares += value * value;
    const scale = Math.sqrt(squares / values.length) || 1;
    values.forEach((value, i) => {
      const difference = Math.abs(value - found[name]![i]!) / scale;
      worst = Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
    });
  }
  return worst;
}

/** A value and the gradients of its weighted sum for some inputs. */
export function withGradients(
  ops: Ops,
  value: Tensor,
  inputs: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> {
  const loss = ops.sum(ops.mul(value, ops.input('upstream', value.shape)));
  const gradients = ops.gradients(loss, Object.values(inputs));
  return { value, ...Object.fromEntries(Object.keys(inputs).map((name, i) => [`gradient/${name}`, gradients[i]!])) };
}
