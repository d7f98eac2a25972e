/** Twenty training steps of `@selfcure/core` against PyTorch's, without a test runner: what every runtime does. */
import { adam, decodeSafetensors, scn, trainingStep } from '@selfcure/core';
import type { SampleRows } from '@selfcure/core';
import type { Backend, NamedArrays, NumericArray } from '@selfcure/tensor';
import type { StepsMetadata } from '../golden/fixtures.ts';
import { goldenModel as model } from '../golden/golden-model.ts';
import metadata from '../golden/fixtures/steps-paper.json' with { type: 'json' };
import file from '../golden/fixtures/steps-paper.safetensors';

/** Largest error of an array, relative to its largest element: that of test/golden/core.test.ts for float32. */
const bound = 1e-3;

/**
 * Trains the twenty steps, each from the stored state, and closes the backend.
 *
 * @returns the largest error met.
 * @throws Error where a value is further from the stored one than the bound, or a decision about a label differs.
 */
export async function trainGoldenSteps(backend: Backend): Promise<number> {
  const {
    batchSize,
    classes,
    image,
    optimizer: adamOptions,
    scn: options,
    steps,
  } = metadata as unknown as StepsMetadata;
  const arrays = decodeSafetensors(file).arrays;
  const row = (name: string, index: number): Float64Array => {
    const { data, shape } = arrays[name]!;
    const size = data.length / shape[0]!;
    return Float64Array.from(data.slice(index * size, (index + 1) * size) as Float64Array);
  };
  const method = scn({ preset: 'paper', beta: options.beta, margin1: options.margin1, margin2: options.margin2 });
  const optimizer = adam({ ...adamOptions });
  const graph = trainingStep({ model, method, optimizer, batchSize });
  const stored = (step: number): NamedArrays =>
    Object.fromEntries(graph.state.map(({ name }) => [name, row(`state/${name}`, step)]));

  let worst = 0;
  const compare = (what: string, got: NumericArray | undefined, want: NumericArray): void => {
    const found = error(got, want);
    if (!(found < bound)) throw new Error(`${what} is ${found} off, ${bound} is allowed`);
    worst = Math.max(worst, found);
  };
  const program = await backend.compile(graph);
  const state = await backend.createState(graph.state, stored(0));
  for (const { step, samples, labels, ...want } of steps) {
    await state.write(stored(step));
    const scalars = optimizer.scalars({ step, epoch: 1 + Math.floor(step / 4), stepsPerEpoch: 4, epochs: 5 });
    const outputs = await program.run(state, {
      images: Float64Array.from(
        samples.flatMap((sample) => [...row('images', sample)]),
        (byte) => (byte - image.subtract) / image.divide,
      ),
      targets: Float64Array.from(labels.flatMap((label) => Array.from({ length: classes }, (_, c) => +(c === label)))),
      weight: new Float64Array(batchSize).fill(1),
      ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, Float64Array.of(value)])),
    });
    compare(`step ${step}: objective`, outputs['objective'], Float64Array.of(want.loss));
    compare(`step ${step}: loss`, outputs['loss'], Float64Array.of(want.crossEntropy));
    compare(`step ${step}: rank term`, outputs['term/rank'], Float64Array.of(want.rankRegularization));
    compare(`step ${step}: importance`, outputs['importance'], row('alpha', step));
    compare(`step ${step}: probabilities`, outputs['weightedProbabilities'], row('probabilities', step));
    const edits = method
      .relabel!.propose(rowsOf(outputs, labels, samples, classes))
      .map(({ sample, to }) => [sample, labels[samples.indexOf(sample)], to]);
    if (JSON.stringify(edits) !== JSON.stringify(want.relabels))
      throw new Error(`step ${step} relabels ${JSON.stringify(edits)}, not ${JSON.stringify(want.relabels)}`);
    const after = await state.read();
    for (const [name, values] of Object.entries(stored(step + 1)))
      compare(`step ${step}: ${name}`, after[name], values);
  }
  await backend.close();
  return worst;
}

/** Largest error relative to the largest element; Infinity where lengths differ or a number is missing. */
function error(got: NumericArray | undefined, want: ArrayLike<number>): number {
  if (got?.length !== want.length) return Infinity;
  let [worst, largest] = [0, 1e-3];
  for (let i = 0; i < want.length; i++) {
    const difference = Math.abs(got[i]! - want[i]!);
    worst = Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
    largest = Math.max(largest, Math.abs(want[i]!));
  }
  return worst / largest;
}

/** Rows as the loop hands them to a strategy. */
function rowsOf(
  outputs: NamedArrays,
  labels: readonly number[],
  samples: readonly number[],
  classes: number,
): SampleRows {
  const n = samples.length;
  const current = Int32Array.from(labels);
  const float = (name: string): Float32Array => Float32Array.from(outputs[name]!);
  return {
    epoch: 10,
    epochs: 20,
    classes,
    samples: Int32Array.from(samples),
    given: current,
    current,
    dropped: new Uint8Array(n),
    verified: new Uint8Array(n),
    probabilities: float('probabilities'),
    weightedProbabilities: float('weightedProbabilities'),
    importance: float('importance'),
    lowGroup: Uint8Array.from(outputs['highGroup']!, (high) => 1 - high),
    loss: float('perSample'),
    remembered: {},
    clean: null,
    passes: new Int32Array(n).fill(1),
    meanGivenProbability: new Float32Array(n),
  };
}
