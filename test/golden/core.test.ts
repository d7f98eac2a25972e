/** The methods of @selfcure/core against the PyTorch fixtures, on the oracle and on WASM. */
import { describe, expect, it } from 'vitest';
import { adam, evaluationStep, scn, trainingStep } from '@selfcure/core';
import type { Method, SampleRows } from '@selfcure/core';
import { classifier, logitWeightedCrossEntropy, rankRegularization, selfAttentionImportance } from '@selfcure/core';
import { reference } from '@selfcure/reference';
import { trace } from '@selfcure/tensor';
import type { Backend, NamedArrays, NumericArray } from '@selfcure/tensor';
import { wasm } from '@selfcure/wasm';
import { highGroup } from '../../packages/core/src/head/importance-groups.ts';
import { goldenModules, goldenSteps } from './fixtures.ts';
import type { GoldenPreset, ModuleCase } from './fixtures.ts';
import { goldenModel } from './golden-model.ts';

/** Largest error relative to the largest element of the array. */
function error(got: NumericArray, want: NumericArray): number {
  expect(got.length).toBe(want.length);
  let worst = 0;
  let largest = 0;
  got.forEach((value, i) => {
    expect(value).not.toBeNaN();
    worst = Math.max(worst, Math.abs(value - want[i]!));
    largest = Math.max(largest, Math.abs(want[i]!));
  });
  return worst / Math.max(largest, 1e-3);
}

const engines: readonly (readonly [string, () => Promise<Backend>, number, number])[] = [
  // name, backend, bound of a module, bound of a step
  ['reference', async () => reference(), 1e-6, 1e-5],
  ['wasm', () => wasm(), 1e-4, 1e-3],
];

const oneHot = (labels: ArrayLike<number>, classes: number): Float64Array => {
  const rows = new Float64Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) rows[i * classes + labels[i]!] = 1;
  return rows;
};

/** Rows as the loop hands them to a strategy. */
function rowsOf(outputs: NamedArrays, labels: ArrayLike<number>, samples: ArrayLike<number>, classes: number): SampleRows {
  const n = samples.length;
  const current = Int32Array.from(labels);
  const float = (name: string): Float32Array => Float32Array.from(outputs[name]!);
  return {
    epoch: 10, epochs: 20, classes, samples: Int32Array.from(samples), given: current, current,
    dropped: new Uint8Array(n), verified: new Uint8Array(n),
    probabilities: float('probabilities'), weightedProbabilities: float('weightedProbabilities'), importance: float('importance'),
    lowGroup: Uint8Array.from(outputs['highGroup']!, (high) => 1 - high), loss: float('perSample'), remembered: {}, clean: null, passes: new Int32Array(n).fill(1), meanGivenProbability: new Float32Array(n),
  };
}

const edits = (method: Method, rows: SampleRows): number[][] =>
  method.relabel!.propose(rows).map(({ sample, to }) => [sample, rows.current[rows.samples.indexOf(sample)]!, to as number]);

describe.each(engines)('SCN modules on %s', (_, open, bound) => {
  const { metadata, tensors } = goldenModules();
  it.each(metadata.cases.map((one): [string, ModuleCase] => [one.name, one]))('%s', async (name, one) => {
    const stored = (part: string): Float64Array => tensors.values(`${name}/${part}`);
    const none = { kind: 'constant', value: 0 } as const;
    const graph = trace((ops) => {
      const features = ops.parameter('x', [one.samples, one.features], none);
      const importance = ops.scope('importance', () => selfAttentionImportance().apply(ops, features));
      const net = { features, ...classifier(ops, features, one.classes), extras: { importance } };
      const batch = { size: one.samples, classes: one.classes, targets: ops.input('targets', [one.samples, one.classes]), weight: ops.full(1, [one.samples]), remembered: {} };
      const loss = logitWeightedCrossEntropy({ weightBias: one.weightBias });
      const perSample = loss.perSample(ops, net, batch).loss;
      const rank = rankRegularization({ beta: one.beta, margin: one.margin1 }).term(ops, net, batch);
      const gamma = one.lossMix;
      const ce = ops.mean(perSample);
      const total = gamma === null ? ops.add(ce, rank) : ops.add(ops.mul(rank, gamma), ops.mul(ce, 1 - gamma));
      const parameters = ['x', 'classifier/weights', 'classifier/bias', 'importance/weights', 'importance/bias'].map((key) => ops.read(key));
      const gradients = Object.entries({ ce, rr: rank, total }).flatMap(([term, value]) =>
        ops.gradients(value, parameters).map((gradient, i) => [`gradient/${term}/${inputs[i]}`, gradient ?? ops.full(0, parameters[i]!.shape)] as const),
      );
      return {
        alpha: importance, logits: net.logits, perSample, ce, rr: rank, total, highGroup: highGroup(ops, importance, one.beta), importance,
        probabilities: ops.softmax(net.logits), weightedProbabilities: ops.softmax(loss.logits!(ops, net)), ...Object.fromEntries(gradients),
      };
    });
    const backend = await open();
    const program = await backend.compile(graph);
    const state = await backend.createState(graph.state, {
      x: stored('x'), 'classifier/weights': stored('weights'), 'classifier/bias': stored('bias'),
      'importance/weights': stored('importanceWeights'), 'importance/bias': stored('importanceBias'),
    });
    const labels = stored('labels');
    const outputs = await program.run(state, { targets: oneHot(labels, one.classes) });
    await backend.close();

    for (const part of ['alpha', 'logits', 'perSample']) expect(error(outputs[part]!, stored(part)), part).toBeLessThan(bound);
    expect(error(outputs['weightedProbabilities']!, stored('probabilities')), 'probabilities').toBeLessThan(bound);
    for (const [part, value] of [['ce', one.crossEntropy], ['rr', one.rankRegularization], ['total', one.total]] as const) {
      expect(error(outputs[part]!, Float64Array.of(value)), part).toBeLessThan(bound);
    }
    for (const term of ['ce', 'rr', 'total']) {
      for (const input of inputs) {
        const part = `gradient/${term}/${input}`;
        expect(error(outputs[part]!, stored(part)), part).toBeLessThan(bound);
      }
    }
    if (one.highCount !== null) expect([...outputs['highGroup']!]).toEqual([...stored('high')]);
    const rows = rowsOf(outputs, labels, Array.from(labels, (__, i) => i), one.classes);
    const relabel = { margin2: one.margin2, relabelEpoch: 10 };
    expect(edits(scn({ preset: 'official-code', ...relabel }), rows)).toEqual(one.relabel.all);
    if (one.relabel.low) expect(edits(scn({ preset: 'paper', ...relabel }), rows)).toEqual(one.relabel.low);
  });
});

const inputs = ['x', 'weights', 'bias', 'importanceWeights', 'importanceBias'];

describe.each(engines)('training steps on %s', (_, open, __, bound) => {
  it.each(['paper', 'official-code'] as const)('twenty teacher-forced steps of %s', async (preset: GoldenPreset) => {
    const { metadata, tensors } = goldenSteps(preset);
    const { batchSize, classes, optimizer: adamOptions, scn: options, image } = metadata;
    const method = scn({ preset, beta: options.beta, margin1: options.margin1, margin2: options.margin2 });
    const optimizer = adam({ ...adamOptions });
    const graph = trainingStep({ model: goldenModel, method, optimizer, batchSize });
    const stored = (step: number): Record<string, Float64Array> =>
      Object.fromEntries(graph.state.map(({ name }) => [name, tensors.row(`state/${name}`, step)]));
    expect(graph.state.map(({ name }) => `state/${name}`).sort()).toEqual(tensors.names.filter((name) => name.startsWith('state/')).sort());

    const backend = await open();
    const program = await backend.compile(graph);
    const state = await backend.createState(graph.state, stored(0));
    const pixels = (samples: readonly number[]): Float64Array =>
      Float64Array.from(samples.flatMap((sample) => [...tensors.row('images', sample)]), (byte) => (byte - image.subtract) / image.divide);
    for (const { step, samples, labels, ...want } of metadata.steps) {
      await state.write(stored(step));
      const scalars = optimizer.scalars({ step, epoch: 1 + Math.floor(step / 4), stepsPerEpoch: 4, epochs: 5 });
      const outputs = await program.run(state, {
        images: pixels(samples),
        targets: oneHot(labels, classes),
        weight: new Float64Array(batchSize).fill(1),
        ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, Float64Array.of(value)])),
      });
      for (const [name, value] of [['objective', want.loss], ['loss', want.crossEntropy], ['term/rank', want.rankRegularization]] as const) {
        expect(error(outputs[name]!, Float64Array.of(value)), `step ${step} ${name}`).toBeLessThan(bound);
      }
      for (const [name, part] of [['importance', 'alpha'], ['perSample', 'perSample'], ['weightedProbabilities', 'probabilities'], ['probabilities', 'rawProbabilities']] as const) {
        expect(error(outputs[name]!, tensors.row(part, step)), `step ${step} ${name}`).toBeLessThan(bound);
      }
      expect([...outputs['highGroup']!]).toEqual([...tensors.row('high', step)]);
      expect(edits(method, rowsOf(outputs, labels, samples, classes))).toEqual(want.relabels);
      const after = await state.read();
      for (const [name, values] of Object.entries(stored(step + 1))) expect(error(after[name]!, values), `step ${step} ${name}`).toBeLessThan(bound);
    }

    // Evaluation with the state after the last step.
    await state.write(stored(20));
    const evaluation = await backend.compile(evaluationStep({ model: goldenModel, method, batchSize: metadata.samples }));
    const outputs = await evaluation.run(state, { images: pixels(metadata.labels.map((___, i) => i)) });
    expect(error(outputs['importance']!, tensors.values('evaluation/alpha'))).toBeLessThan(bound);
    expect(error(outputs['weightedProbabilities']!, tensors.values('evaluation/probabilities'))).toBeLessThan(bound);
    await backend.close();
  });
});
