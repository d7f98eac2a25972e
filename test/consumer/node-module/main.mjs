// Trains on precompiled kernels. Runs after tfjs was deleted from the project: nothing of it may be needed.
import { readFile } from 'node:fs/promises';
import { trace } from '@selfcure/tensor';
import { wasm } from '@selfcure/wasm';

/** Least squares: y = 2x - 1 from eight points, by gradient descent. */
const graph = trace((ops) => {
  const zero = { kind: 'constant', value: 0 };
  const weights = ops.parameter('weights', [2, 1], zero);
  const error = ops.sub(ops.matmul(ops.input('x', [8, 2]), weights), ops.input('y', [8, 1]));
  const loss = ops.mean(ops.mul(error, error));
  const options = { parameters: ['weights'], weightDecay: [0], momentum: 0, nesterov: false };
  ops.call('sgd', [ops.full(0.5, []), ...ops.gradients(loss, [weights])], options);
  return { loss };
});
const x = Float32Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? i / 8 - 1 : 1));
const y = Float32Array.from({ length: 8 }, (_, i) => 2 * x[2 * i] - 1);

const file = new URL(import.meta.resolve('@selfcure/wasm/kernels/simd.wasm'));
const backend = await wasm({ module: await WebAssembly.compile(await readFile(file)) });
const program = await backend.compile(graph);
const state = await backend.createState(graph.state, { weights: Float32Array.of(0, 0) });
for (let step = 0; step < 200; step++) await program.run(state, { x, y });
const { weights } = await state.read();
await backend.close();
if (Math.hypot(weights[0] - 2, weights[1] + 1) > 1e-3) throw new Error(`the weights are ${weights}, not 2, -1`);

const refusal = await wasm({ kernels: 'tfjs' }).then(String, ({ name, message }) => `${name}: ${message}`);
if (!/^WasmError: .*@tensorflow\/tfjs/.test(refusal)) throw new Error(`without tfjs its kernels give ${refusal}`);
console.log(`trained without tfjs: ${[...weights]}`);
