/**
 * The operation fixtures on any backend: operations with gradients, optimizers over five steps.
 *
 * @module
 */
import { sizeOf, slotName, trace } from '@selfcure/tensor';
import type { Backend, NamedArrays, Ops, Tensor } from '@selfcure/tensor';
import { goldenOperations } from './fixtures.ts';
import type { OperationCase } from './fixtures.ts';

/** What a case gave and what it should give, by name. */
export interface OperationResult {
  readonly name: string;
  readonly got: NamedArrays;
  readonly want: NamedArrays;
}

const zeros = { kind: 'constant', value: 0 } as const;
const inputNames = { conv2d: ['x', 'filter'], maxPool2d: ['x'], batchNorm: ['x', 'scale', 'offset'], softmaxCrossEntropy: ['logits', 'targets'] } as const;

/** The operation of a case, and further values that the fixture holds. */
function build(ops: Ops, one: OperationCase, input: (name: string) => Tensor): Record<string, Tensor> {
  switch (one.operation) {
    case 'conv2d':
      return { output: ops.call('conv2d', [input('x'), input('filter')], { stride: one.strides, padding: one.padding.flat(), groups: one.groups }) };
    case 'maxPool2d':
      return { output: ops.call('maxPool', [input('x')], { size: one.size, stride: one.strides, padding: one.padding.flat() }) };
    case 'softmaxCrossEntropy':
      return { output: ops.softmaxCrossEntropy(input('logits'), input('targets')), probabilities: ops.softmax(input('logits')) };
    case 'batchNorm': {
      const { training, epsilon, momentum } = one;
      const [x, mean, variance] = [input('x'), input('mean'), input('variance')];
      const count = sizeOf(x.shape) / x.shape.at(-1)!;
      const running = ops.stackRows([mean, variance, ops.rsqrt(ops.add(variance, epsilon))]);
      const statistics = training ? ops.bnStats(x, epsilon) : running;
      const output = ops.bnApply(x, statistics, input('scale'), input('offset'), training);
      if (!training) return { output };
      const [batchMean, batchVariance] = [ops.row(statistics, 0), ops.row(statistics, 1)];
      const follow = (old: Tensor, value: Tensor): Tensor => ops.add(ops.mul(old, 1 - momentum), ops.mul(value, momentum));
      return { output, batchMean, batchVariance, newMean: follow(mean, batchMean), newVariance: follow(variance, ops.mul(batchVariance, count / (count - 1))) };
    }
    default:
      throw new Error(`${one.operation} is an optimizer`);
  }
}

/** Runs every case of operations.json. */
export async function runOperationCases(backend: Backend): Promise<OperationResult[]> {
  const { metadata, tensors } = goldenOperations();
  const results: OperationResult[] = [];
  for (const one of metadata.cases) {
    const part = (name: string): string => `${one.name}/${name}`;
    if (one.operation === 'adam' || one.operation === 'sgd') {
      results.push({ name: one.name, ...(await runOptimizer(backend, one)) });
      continue;
    }
    const names = inputNames[one.operation];
    const graph = trace((ops) => {
      const input = (name: string): Tensor => ops.input(name, tensors.get(part(name)).shape);
      const values = build(ops, one, input);
      const gradients = ops.gradients(ops.sum(ops.mul(values['output']!, input('upstream'))), names.map(input));
      return { ...values, ...Object.fromEntries(names.map((name, i) => [`gradient/${name}`, gradients[i]!])) };
    });
    const [program, state] = [await backend.compile(graph), await backend.createState([], {})];
    const got = await program.run(state, Object.fromEntries(graph.inputs.map(({ name }) => [name, tensors.values(part(name))])));
    for (const held of [state, program]) held.dispose();
    results.push({ name: one.name, got, want: Object.fromEntries(Object.keys(got).map((name) => [name, tensors.values(part(name))])) });
  }
  return results;
}

/** Five steps of an optimizer; parameter and slots after each of them. */
async function runOptimizer(backend: Backend, one: OperationCase & { operation: 'adam' | 'sgd' }): Promise<{ got: NamedArrays; want: NamedArrays }> {
  const { tensors } = goldenOperations();
  const size = tensors.get(`${one.name}/gradient`).shape[1]!;
  const slots = one.operation === 'adam' ? (['m', 'v'] as const) : one.momentum > 0 ? (['momentum'] as const) : [];
  const stored = { parameter: 'parameter', [slotName('parameter', 'm')]: 'm', [slotName('parameter', 'v')]: 'v', [slotName('parameter', 'momentum')]: 'velocity' };
  const graph = trace((ops) => {
    ops.parameter('parameter', [size], zeros);
    for (const slot of slots) ops.slot(slotName('parameter', slot), [size]);
    const [rate, first, second] = ['rate', 'correction1', 'correction2'].map((name) => ops.input(name, []));
    const gradient = ops.input('gradient', [size]);
    const common = { parameters: ['parameter'], weightDecay: [one.weightDecay] };
    if (one.operation === 'adam') {
      const { beta1, beta2, epsilon, decoupled } = one;
      ops.call('adam', [rate!, first!, second!, gradient], { ...common, beta1, beta2, epsilon, decoupled });
    } else {
      ops.call('sgd', [rate!, gradient], { ...common, momentum: one.momentum, nesterov: one.nesterov });
    }
    return {};
  });
  const row = (name: string, step: number): Float64Array => tensors.row(`${one.name}/${stored[name]}`, step);
  const program = await backend.compile(graph);
  const state = await backend.createState(graph.state, Object.fromEntries(graph.state.map(({ name }) => [name, row(name, 0)])));
  const got: Record<string, NamedArrays[string]> = {};
  const want: Record<string, NamedArrays[string]> = {};
  let [power1, power2] = [1, 1];
  for (let step = 0; step < 5; step++) {
    if (one.operation === 'adam') [power1, power2] = [power1 * one.beta1, power2 * one.beta2];
    const scalars = { rate: one.learningRate, correction1: 1 / (1 - power1), correction2: 1 / (1 - power2) };
    const inputs = { gradient: tensors.row(`${one.name}/gradient`, step), ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, Float64Array.of(value)])) };
    await program.run(state, inputs);
    for (const [name, array] of Object.entries(await state.read())) {
      got[`${stored[name]} after step ${step + 1}`] = array;
      want[`${stored[name]} after step ${step + 1}`] = row(name, step + 1);
    }
  }
  for (const held of [state, program]) held.dispose();
  return { got, want };
}
