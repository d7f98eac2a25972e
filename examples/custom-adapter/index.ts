/**
 * An adapter of your own: a kernel table over plain arrays. It has kernels for the simplest operations; everything else
 * (softmax, cross-entropy, Adam …) is lowered to them, and what cannot be is refused by name before the first step.
 */
import { adam, ce, train } from '@selfcure/core';
import type { Model } from '@selfcure/core';
import { facesDataset } from '@selfcure/data';
import { attributesOf, kernelBackend, keptShape, operationTable, sizeOf, stridesOf } from '@selfcure/tensor';
import type { Kernel, MatmulAttributes, ReduceAttributes, Shape } from '@selfcure/tensor';

type K = Kernel<Float32Array>;

const fill = (shape: Shape, of: (i: number) => number): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => of(i));

/** Position in `from` of element `i` of `shape`, by broadcasting. */
function source(i: number, shape: Shape, from: Shape): number {
  const [outer, inner] = [stridesOf(shape), stridesOf(from)];
  const added = shape.length - from.length;
  let at = 0;
  from.forEach((length, axis) => {
    if (length > 1) at += (Math.floor(i / outer[axis + added]!) % length) * inner[axis]!;
  });
  return at;
}

/** The operation table holds a formula for every element-wise operation. */
const elementWise: K = (node, inputs) =>
  fill(node.shape, (i) => {
    const [a = 0, b = 0, c = 0] = inputs.map((input, k) => input[source(i, node.shape, node.inputs[k]!.shape)]!);
    return operationTable[node.op]!.evaluate!(a, b, c);
  });

const reduce =
  (start: number, combine: (a: number, b: number) => number): K =>
  (node, [x]) => {
    const { shape } = node.inputs[0]!;
    const kept = keptShape(shape, attributesOf<ReduceAttributes>(node).axes);
    const value = fill(node.shape, () => start);
    x!.forEach((element, i) => {
      const at = source(i, shape, kept);
      value[at] = combine(value[at]!, element);
    });
    return value;
  };

const matmul: K = (node, [a, b]) => {
  const { transposeA, transposeB } = attributesOf<MatmulAttributes>(node);
  const [m, n] = node.shape as [number, number];
  const inner = node.inputs[0]!.shape[transposeA ? 0 : 1]!;
  return fill(node.shape, (at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let k = 0; k < inner; k++)
      sum += a![transposeA ? k * m + i : i * inner + k]! * b![transposeB ? j * inner + k : k * n + j]!;
    return sum;
  });
};

const elementWiseOperations = Object.keys(operationTable).filter((op) => operationTable[op]!.kind === 'element-wise');
const kernels: Record<string, K> = {
  ...Object.fromEntries(elementWiseOperations.map((op) => [op, elementWise])),
  full: (node) => fill(node.shape, () => Number(node.attributes['value'])),
  sum: reduce(0, (a, b) => a + b),
  max: reduce(-Infinity, Math.max),
  broadcastTo: (node, [x]) => fill(node.shape, (i) => x![source(i, node.shape, node.inputs[0]!.shape)]!),
  reshape: (_, [x]) => x!,
  matmul,
};
const upload = (values: ArrayLike<number>): Float32Array => Float32Array.from(values);
const backend = kernelBackend<Float32Array>({
  name: 'mine',
  capabilities: { device: 'cpu', threads: 1, precision: 'float32', deterministic: true, limits: {} },
  table: { kernels, upload, download: upload, share: (value) => value, dispose: () => {} },
});

// A linear model needs no convolution; the other one does.
const shared = { options: {}, inputShape: [16, 16, 1], classes: 7 } as const;
const linear: Model = { ...shared, name: 'linear', apply: (ops, x) => ops.reshape(x, [x.shape[0]!, 256]) };
const filter = { kind: 'constant', value: 0.1 } as const;
const convolution: Model = {
  ...shared,
  name: 'convolution',
  apply: (ops, x) => ops.mean(ops.conv2d(x, ops.parameter('filter', [3, 3, 1, 8], filter)), [1, 2]),
};
const data = facesDataset({ samples: 210, seed: 1, size: 16 });
const settings = { backend, data, recipe: ce(), optimizer: adam(), epochs: 8, batchSize: 30 };
const run = await train({ ...settings, model: linear });
console.log(
  `accuracy by epoch: ${run.history
    .series('accuracy')
    .map((share) => share.toFixed(2))
    .join(' ')}`,
);
if (!(run.history.last()!.accuracy > 0.3)) throw new Error('the adapter does not learn');
const refusal = await train({ ...settings, model: convolution }).then(String, String);
console.log(refusal);
if (!refusal.includes('conv2d')) throw new Error('the adapter should have refused the convolution');
