/**
 * An adapter of your own: a kernel table over plain arrays. It has kernels for the simplest operations; everything else
 * (softmax, batch normalization, Adam …) is lowered to them, and what cannot be is refused by name before the first step.
 */
import { ce, composeMethod, crossEntropy, train } from '@selfcure/core';
import type { Model } from '@selfcure/core';
import { facesDataset } from '@selfcure/data';
import { attributesOf, kernelBackend, keptShape, operationTable, sizeOf, stridesOf } from '@selfcure/tensor';
import type { Kernel, MatmulAttributes, ReduceAttributes, RowsAttributes, Shape } from '@selfcure/tensor';

type Values = Float32Array;
const rowSize = (shape: Shape): number => sizeOf(shape.slice(1));

/** Position in `from` of element `i` of `shape`, by broadcasting. */
function source(i: number, shape: Shape, from: Shape): number {
  const outer = stridesOf(shape);
  const inner = stridesOf(from);
  const added = shape.length - from.length;
  return from.reduce(
    (at, length, axis) =>
      at + (length === 1 ? 0 : (Math.floor(i / outer[axis + added]!) % shape[axis + added]!) * inner[axis]!),
    0,
  );
}

/** The table holds a formula for every element-wise operation. */
const elementWise: Kernel<Values> = (node, inputs) => {
  const evaluate = operationTable[node.op]!.evaluate!;
  return Values(node.shape, (i) => {
    const [a = 0, b = 0, c = 0] = inputs.map((input, k) => input[source(i, node.shape, node.inputs[k]!.shape)]!);
    return evaluate(a, b, c);
  });
};

const reduce =
  (start: number, combine: (a: number, b: number) => number): Kernel<Values> =>
  (node, [x]) => {
    const { axes } = attributesOf<ReduceAttributes>(node);
    const { shape } = node.inputs[0]!;
    const value = new Float32Array(sizeOf(node.shape)).fill(start);
    x!.forEach((element, i) => {
      const at = source(i, shape, keptShape(shape, axes));
      value[at] = combine(value[at]!, element);
    });
    return value;
  };

function Values(shape: Shape, of: (i: number) => number): Values {
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => of(i));
}

const kernels: Record<string, Kernel<Values>> = {
  ...Object.fromEntries(
    Object.entries(operationTable).flatMap(([op, { kind }]) => (kind === 'element-wise' ? [[op, elementWise]] : [])),
  ),
  full: (node) => Values(node.shape, () => node.attributes['value'] as number),
  iota: (node) => Values(node.shape, (i) => i),
  sum: reduce(0, (a, b) => a + b),
  max: reduce(-Infinity, Math.max),
  broadcastTo: (node, [x]) => Values(node.shape, (i) => x![source(i, node.shape, node.inputs[0]!.shape)]!),
  reshape: (_, [x]) => x!,
  rows: (node, [x]) => {
    const { from, to } = attributesOf<RowsAttributes>(node);
    return x!.subarray(from * rowSize(node.shape), to * rowSize(node.shape));
  },
  matmul: (node, [a, b]) => {
    const { transposeA, transposeB } = attributesOf<MatmulAttributes>(node);
    const [m, n] = node.shape as [number, number];
    const inner = node.inputs[0]!.shape[transposeA ? 0 : 1]!;
    return Values(node.shape, (at) => {
      const i = Math.floor(at / n);
      const j = at % n;
      let sum = 0;
      for (let k = 0; k < inner; k++)
        sum += a![transposeA ? k * m + i : i * inner + k]! * b![transposeB ? j * inner + k : k * n + j]!;
      return sum;
    });
  },
};

const mine = kernelBackend<Values>({
  name: 'mine',
  capabilities: { device: 'cpu', threads: 1, precision: 'float32', deterministic: true, limits: {} },
  table: {
    kernels,
    upload: (values) => Float32Array.from(values),
    download: (value) => value.slice(),
    share: (value) => value,
    dispose: () => {},
  },
});

/** A linear model: it needs no convolution. */
const linear: Model = {
  name: 'linear',
  options: {},
  inputShape: [16, 16, 1],
  classes: 7,
  apply: (ops, images) => ops.reshape(images, [images.shape[0]!, 256]),
};
const settings = { backend: mine, data: facesDataset({ samples: 210, seed: 1, size: 16 }), epochs: 8, batchSize: 30 };
const run = await train({
  ...settings,
  model: linear,
  recipe: composeMethod({ name: 'smooth', loss: crossEntropy({ labelSmoothing: 0.1 }) }),
});
console.log(
  `training accuracy ${run.history
    .series('accuracy')
    .map((share) => share.toFixed(2))
    .join(' ')}`,
);
if (!(run.history.last()!.accuracy! > 0.3)) throw new Error('the adapter does not learn');

const convolution: Model = {
  ...linear,
  apply: (ops, images) =>
    ops.mean(ops.conv2d(images, ops.parameter('filter', [3, 3, 1, 8], { kind: 'constant', value: 0.1 })), [1, 2]),
};
const refusal = await train({ ...settings, model: convolution, recipe: ce() }).then(
  () => null,
  (error: Error) => error.message,
);
console.log(`a convolution: ${refusal}`);
if (!refusal?.includes('conv2d')) throw new Error('the adapter should have refused the convolution');
