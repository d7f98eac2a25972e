/**
 * The twenty golden steps on any backend, teacher-forced (every step starts from the stored state) or free.
 *
 * @module
 */
import type { Backend, NamedArrays, State } from '@selfcure/tensor';
import { goldenSteps } from './fixtures.ts';
import type { Fixture, GoldenPreset, LabelEdit, StepsMetadata } from './fixtures.ts';
import { relabelEdits } from './module-cases.ts';
import { goldenEvaluation, goldenStep } from './network.ts';

/** What a step gave and what it should give, by name; states as `state/<name>`. */
export interface StepResult {
  readonly step: number;
  readonly got: NamedArrays;
  readonly want: NamedArrays;
  readonly relabels: { readonly got: readonly LabelEdit[]; readonly want: readonly LabelEdit[] };
}

const scalars = ['loss', 'crossEntropy', 'rankRegularization', 'meanHigh', 'meanLow'] as const;

function stored({ tensors }: Fixture<StepsMetadata>, step: number): Record<string, Float64Array> {
  const names = tensors.names.filter((name) => name.startsWith('state/'));
  return Object.fromEntries(names.map((name) => [name.slice('state/'.length), tensors.row(name, step)]));
}

function inputsOf({ metadata, tensors }: Fixture<StepsMetadata>, samples: readonly number[], labels: readonly number[], step: number): NamedArrays {
  const { subtract, divide } = metadata.image;
  const { learningRate, beta1, beta2 } = metadata.optimizer;
  // Powers by repeated multiplication: Math.pow differs between JavaScript engines.
  const power = (base: number): number => Array.from({ length: step + 1 }, () => base).reduce((product, factor) => product * factor, 1);
  return {
    images: Float64Array.from(samples.flatMap((sample) => [...tensors.row('images', sample)].map((byte) => (byte - subtract) / divide))),
    targets: Float64Array.from(labels.flatMap((label) => Array.from({ length: metadata.classes }, (_, c) => (c === label ? 1 : 0)))),
    rate: Float64Array.of(learningRate),
    correction1: Float64Array.of(1 / (1 - power(beta1))),
    correction2: Float64Array.of(1 / (1 - power(beta2))),
  };
}

const decided = ({ scn }: StepsMetadata, outputs: NamedArrays, samples: readonly number[], labels: readonly number[]): LabelEdit[] =>
  relabelEdits(outputs['probabilities']!, labels, scn.margin2, (i) => scn.candidates === 'all' || outputs['high']![i] === 0).map(
    ([index, from, to]): LabelEdit => [samples[index]!, from, to],
  );

/** Every step from the stored state before it: outputs, gradients, the state after it, label edits. */
export async function runTeacherForced(backend: Backend, preset: GoldenPreset): Promise<StepResult[]> {
  const fixture = goldenSteps(preset);
  const { metadata, tensors } = fixture;
  const graph = goldenStep(metadata, true);
  const program = await backend.compile(graph);
  const state = await backend.createState(graph.state, stored(fixture, 0));
  const results: StepResult[] = [];
  for (const one of metadata.steps) {
    const { step, samples, labels } = one;
    await state.write(stored(fixture, step));
    const outputs = await program.run(state, inputsOf(fixture, samples, labels, step));
    const prefixed = (arrays: NamedArrays): NamedArrays => Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`state/${name}`, array]));
    const want = Object.keys(graph.outputs).map((name): [string, Float64Array] => [
      name,
      scalars.includes(name as never) ? Float64Array.of(one[name as (typeof scalars)[number]]) : tensors.row(name, step),
    ]);
    results.push({
      step,
      got: { ...outputs, ...prefixed(await state.read()) },
      want: { ...Object.fromEntries(want), ...prefixed(stored(fixture, step + 1)) },
      relabels: { got: decided(metadata, outputs, samples, labels), want: one.relabels },
    });
  }
  for (const held of [state, program]) held.dispose();
  return results;
}

/** All steps in one run from the first state, labels edited by its own decisions, then the evaluation of all samples. */
export async function runFree(backend: Backend, preset: GoldenPreset): Promise<{ losses: { got: number[]; want: number[] }; labels: { got: number[]; want: readonly number[] }; evaluation: { got: NamedArrays; want: NamedArrays } }> {
  const fixture = goldenSteps(preset);
  const { metadata, tensors } = fixture;
  const graph = goldenStep(metadata, false);
  const program = await backend.compile(graph);
  const state: State = await backend.createState(graph.state, stored(fixture, 0));
  const labels = [...metadata.labels];
  const losses: number[] = [];
  for (const { step, samples } of metadata.steps) {
    const current = samples.map((sample) => labels[sample]!);
    const outputs = await program.run(state, inputsOf(fixture, samples, current, step));
    losses.push(outputs['loss']![0]!);
    for (const [sample, , to] of decided(metadata, outputs, samples, current)) labels[sample] = to;
  }
  const evaluate = await backend.compile(goldenEvaluation(metadata));
  const everyone = labels.map((_, sample) => sample);
  const got = await evaluate.run(state, inputsOf(fixture, everyone, labels, 0));
  for (const held of [state, program, evaluate]) held.dispose();
  return {
    losses: { got: losses, want: metadata.steps.map(({ loss }) => loss) },
    labels: { got: labels, want: metadata.finalLabels },
    evaluation: { got, want: { alpha: tensors.values('evaluation/alpha'), probabilities: tensors.values('evaluation/probabilities') } },
  };
}
