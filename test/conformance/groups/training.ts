import { sizeOf, slotName, trace } from '@selfcure/tensor';
import type { Graph, NamedArrays, Ops, Tensor } from '@selfcure/tensor';
import { between, normal } from '../values.ts';

const batch = 4;
const zeros = { kind: 'constant', value: 0 } as const;
const parameters = {
  'conv/filter': [3, 3, 2, 4],
  'conv/scale': [4],
  'conv/offset': [4],
  'head/weights': [4, 3],
  'head/bias': [3],
} as const;
const names = Object.keys(parameters) as (keyof typeof parameters)[];

function network(ops: Ops, training: boolean): Tensor {
  const at = Object.fromEntries(names.map((name) => [name, ops.parameter(name, parameters[name], zeros)]));
  const running = ops.statistic('conv/statistics', [2, 4], zeros);
  const image = ops.conv2d(ops.input('x', [batch, 7, 6, 2]), at['conv/filter']!, { stride: 1, padding: [1, 1, 0, 1] });
  const given = [ops.row(running, 0), ops.row(running, 1)];
  const statistics = training
    ? ops.bnStats(image, 1e-3)
    : ops.stackRows([...given, ops.rsqrt(ops.add(given[1]!, 1e-3))]);
  if (training) ops.ema('conv/statistics', ops.rows(statistics, 0, 2), 0.9);
  const normal = ops.bnApply(image, statistics, at['conv/scale']!, at['conv/offset']!, training);
  const features = ops.mean(ops.maxPool(ops.relu(normal), { size: 3, stride: 2, padding: 1 }), [1, 2]);
  return ops.add(ops.matmul(features, at['head/weights']!), at['head/bias']!);
}

/** One training step of a tiny network: convolution, batch normalization, pooling, cross-entropy, Adam. */
function tinyStep(): Graph {
  return trace((ops) => {
    const logits = network(ops, true);
    const loss = ops.mean(ops.softmaxCrossEntropy(logits, ops.input('targets', [batch, 3])));
    const gradients = ops.gradients(
      loss,
      names.map((name) => ops.read(name)),
    );
    for (const name of names) for (const slot of ['m', 'v'] as const) ops.slot(slotName(name, slot), parameters[name]);
    const scalars = ['rate', 'correction1', 'correction2'].map((name) => ops.input(name, []));
    ops.call('adam', [...scalars, ...gradients.map((gradient) => gradient!)], {
      parameters: names,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-3,
      weightDecay: names.map(() => 0.01),
      decoupled: true,
    });
    return { loss, probabilities: ops.softmax(logits) };
  });
}

/** The step with its evaluation, first values and inputs by step. */
export function tinyTraining(): {
  graph: Graph;
  evaluation: Graph;
  init: NamedArrays;
  inputs(step: number): NamedArrays;
} {
  const graph = tinyStep();
  const evaluation = trace((ops) => ({ probabilities: ops.softmax(network(ops, false)) }));
  const first = graph.state.map(({ name, shape, kind }, i): [string, Float32Array] => {
    if (name.endsWith('statistics')) return [name, Float32Array.of(0, 0, 0, 0, 1, 1, 1, 1)];
    return [
      name,
      kind === 'slot' ? new Float32Array(sizeOf(shape)) : Float32Array.from(normal(shape, i + 1, 0.5).data),
    ];
  });
  const inputs = (step: number): NamedArrays => ({
    x: normal([batch, 7, 6, 2], 1000 + step).data,
    targets: between([batch, 3], 2000 + step, 0, 1).data,
    rate: Float32Array.of(0.01),
    correction1: Float32Array.of(1 / (1 - 0.9 ** (step + 1))),
    correction2: Float32Array.of(1 / (1 - 0.999 ** (step + 1))),
  });
  return { graph, evaluation, init: Object.fromEntries(first), inputs };
}

/** Arrays as lists of numbers, whatever their type. */
export function plain(arrays: NamedArrays): Record<string, number[]> {
  return Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, [...values]]));
}
