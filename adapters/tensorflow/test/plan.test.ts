import { expect, it } from 'vitest';
import { adam, scn, sgd, trainingStep } from '@selfcure/core';
import type { Optimizer } from '@selfcure/core';
import { resnet18 } from '@selfcure/models';
import { trace } from '@selfcure/tensor';
import type { Graph, Ops, Tensor } from '@selfcure/tensor';
import { dataType } from '../src/native/binding.ts';
import { planGraph } from '../src/plan-backend.ts';
import type { Assembled } from '../src/plan/assemble.ts';
import type { KernelOptions } from '../src/steps/builder.ts';

const float32: KernelOptions = { product: dataType.float32, gpu: false };
const stepOf = (optimizer: Optimizer): Graph =>
  trainingStep({ model: resnet18({ classes: 7, size: 48, channels: 1 }), method: scn(), batchSize: 32, optimizer });
const countsOf = ({ program: { operations } }: Assembled): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { name } of operations) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};
const planOf = (body: (ops: Ops) => Record<string, Tensor>, kernels = float32): Assembled =>
  planGraph(trace(body), kernels);

it('a training step of ResNet-18 is at most 400 operations, one for every normalization, convolution and parameter', () => {
  const graph = stepOf(adam());
  const assembled = planGraph(graph, float32);
  const counts = countsOf(assembled);
  expect(assembled.program.operations.length).toBeLessThanOrEqual(400);
  expect(counts).toMatchObject({
    Conv2D: 20,
    Conv2DBackpropInput: 19,
    Conv2DBackpropFilter: 20,
    FusedBatchNormV3: 20,
    FusedBatchNormGradV3: 20,
    ReluGrad: 18,
    ResourceApplyAdam: graph.state.filter(({ kind }) => kind === 'parameter').length,
  });
  expect(counts['AssignVariableOp']).toBeUndefined();
});

it('a training step of a worker averages everything that the update takes in one collective', () => {
  let keys = 0;
  const allReduce = { workers: 2, hint: 'ring', nextKey: () => ++keys } as const;
  const options = {
    model: resnet18({ classes: 7, size: 48, channels: 1 }),
    method: scn(),
    batchSize: 32,
    optimizer: adam(),
  };
  const plain = planGraph(trainingStep({ ...options, workers: 2 }), { ...float32, allReduce });
  expect(countsOf(plain)).toMatchObject({ CollectiveReduceV2: 1, ConcatV2: 1, SplitV: 1, ResourceApplyAdam: 64 });
  expect(plain.program.operations.length).toBeLessThanOrEqual(700);
  // Clipping and averages of the weights take gradients and update before the losses are averaged.
  const more = { clip: { norm: 1 }, averageWeights: true };
  const clipped = planGraph(trainingStep({ ...options, workers: 2, ...more }), { ...float32, allReduce });
  const names = clipped.program.operations.map(({ name }) => name);
  expect(countsOf(clipped)).toMatchObject({ CollectiveReduceV2: 1 });
  expect(names.indexOf('CollectiveReduceV2')).toBeLessThan(names.indexOf('ResourceApplyAdam'));
  const keysOf = ({ program: { operations, constants } }: Assembled): number[] =>
    operations
      .filter(({ name }) => name === 'CollectiveReduceV2')
      .map(({ inputs }) => constants.find(({ value }) => value === inputs[3])!.data[0]!);
  expect([...keysOf(plain), ...keysOf(clipped)]).toEqual([1, 2]);
});

it('every value is freed once, after its last use, and none that outlives the run', () => {
  for (const optimizer of [adam(), sgd({ momentum: 0.9 })]) {
    const { program } = planGraph(stepOf(optimizer), float32);
    const kept = new Set([...program.outputs, ...program.stores].map(({ value }) => value));
    const alive = new Set(
      [...program.constants, ...program.inputs, ...program.reads, ...program.variables].map(({ value }) => value),
    );
    for (const { name, inputs, outputs, frees } of program.operations) {
      for (const value of inputs) expect(alive.has(value), `${name} reads v${value}`).toBe(true);
      for (const value of outputs) alive.add(value);
      for (const value of frees) expect(alive.delete(value) && !kept.has(value), `${name} frees v${value}`).toBe(true);
    }
    const lasting = new Set([...program.constants, ...program.reads, ...program.variables].map(({ value }) => value));
    expect([...alive].filter((value) => !lasting.has(value) && !kept.has(value))).toEqual([]);
    expect(new Set(program.stores.map(({ value }) => value)).size).toBe(program.stores.length);
  }
});

it('an operation has no parameter in its hands when the optimizer comes: a second handle would copy it', () => {
  const { program } = planGraph(stepOf(adam()), float32);
  const variables = new Map(program.variables.map(({ name, value }) => [value, name]));
  const read = new Map<number, string>();
  for (const { name, inputs, outputs, frees } of program.operations) {
    if (name === 'ReadVariableOp') read.set(outputs[0]!, variables.get(inputs[0]!)!);
    if (name === 'ResourceApplyAdam') expect([...read.values()]).not.toContain(variables.get(inputs[0]!));
    for (const value of frees) read.delete(value);
  }
});

it('gradients on a processor use paddings that oneDNN has: a border is cut off afterwards', () => {
  const build = (ops: Ops): Record<string, Tensor> => {
    const [x, w] = [ops.input('x', [2, 6, 6, 32]), ops.input('w', [3, 3, 32, 4])];
    const loss = ops.sum(ops.square(ops.conv2d(x, w, { stride: 2, padding: 1 })));
    const [dx] = ops.gradients(loss, [x]);
    return { dx: dx! };
  };
  const paddings = ({ program: { operations } }: Assembled): unknown[] =>
    operations
      .filter(({ name }) => name === 'Conv2DBackpropInput')
      .flatMap(({ attributes }) => attributes.filter(({ name }) => name === 'padding').map(({ value }) => value));
  expect(paddings(planOf(build))).toEqual(['VALID']);
  expect(countsOf(planOf(build))).toMatchObject({ Slice: 1 });
  expect(paddings(planOf(build, { ...float32, gpu: true }))).toEqual(['EXPLICIT']);
});

it('with bfloat16, factors are cast once, and activations stay in it from layer to layer', () => {
  const assembled = planGraph(stepOf(adam()), { product: dataType.bfloat16, gpu: false });
  const { operations, constants } = assembled.program;
  const toHalf = operations.filter(
    ({ name, attributes }) => name === 'Cast' && attributes[0]!.value === dataType.bfloat16,
  );
  expect(new Set(toHalf.map(({ inputs }) => inputs[0])).size).toBe(toHalf.length);
  expect(countsOf(assembled)['Cast']).toBeLessThan(70);
  expect(constants.every(({ dtype }) => dtype !== dataType.bfloat16)).toBe(true);
  expect(assembled.peakBytes).toBeLessThan(0.7 * planGraph(stepOf(adam()), float32).peakBytes);
});
