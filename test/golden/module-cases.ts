/**
 * The module fixtures as a check of any implementation of the SCN modules on any backend.
 *
 * @module
 */
import { sizeOf, trace } from '@selfcure/tensor';
import type { Backend, NamedArrays, Ops } from '@selfcure/tensor';
import { goldenModules } from './fixtures.ts';
import type { ModuleCase } from './fixtures.ts';
import type { ModuleInputs, ModuleTerms } from './scn-terms.ts';

/** An implementation of the modules, such as `scnTerms`. */
export type ModuleImplementation = (ops: Ops, inputs: ModuleInputs, options: ModuleCase) => ModuleTerms;

/** What a case should give and what the implementation gave, by name. */
export interface ModuleResult {
  readonly name: string;
  readonly got: NamedArrays;
  readonly want: NamedArrays;
  /** Index, label before, label after: by the implementation's probabilities and groups. */
  readonly relabel: { readonly got: ModuleCase['relabel']; readonly want: ModuleCase['relabel'] };
}

const floats = ['x', 'weights', 'bias', 'importanceWeights', 'importanceBias'] as const;
const rows = ['alpha', 'logits', 'weightedLogits', 'perSample'] as const;
const scalars = ['crossEntropy', 'rankRegularization', 'total', 'meanHigh', 'meanLow'] as const;
const lossTerms = [['ce', 'crossEntropy'], ['rr', 'rankRegularization'], ['total', 'total']] as const;

/** Edits by P_max - P_label > margin, strictly; the lowest class among equals, none where the label is among them. */
export function relabelEdits(
  probabilities: ArrayLike<number>, labels: ArrayLike<number>, margin: number, candidate: (sample: number) => boolean,
): [index: number, from: number, to: number][] {
  const classes = probabilities.length / labels.length;
  return Array.from(labels, (label, sample): [number, number, number] => {
    const row = Array.from({ length: classes }, (_, c) => probabilities[sample * classes + c]!);
    const best = Math.max(...row);
    return [sample, label, best - row[label]! > margin ? row.indexOf(best) : label];
  }).filter(([sample, from, to]) => from !== to && candidate(sample));
}

/** Runs every case of modules.json: values, gradients of the three terms for the five inputs, and label edits. */
export async function runModuleCases(backend: Backend, implementation: ModuleImplementation): Promise<ModuleResult[]> {
  const { metadata, tensors } = goldenModules();
  const results: ModuleResult[] = [];
  for (const one of metadata.cases) {
    const stored = (part: string): Float64Array => tensors.values(`${one.name}/${part}`);
    const labels = stored('labels');
    const graph = trace((ops) => {
      const inputs = {
        ...Object.fromEntries(floats.map((name) => [name, ops.input(name, tensors.get(`${one.name}/${name}`).shape)])),
        targets: ops.input('targets', [one.samples, one.classes]),
      } as unknown as ModuleInputs;
      const terms = implementation(ops, inputs, one);
      const gradients = lossTerms.flatMap(([short, term]) =>
        ops.gradients(terms[term], floats.map((name) => inputs[name])).map((gradient, i) => [`gradient/${short}/${floats[i]}`, gradient ?? ops.full(0, inputs[floats[i]!].shape)] as const),
      );
      const values = [...rows, ...scalars, 'high' as const].flatMap((name) => (terms[name] ? [[name, terms[name]] as const] : []));
      return { ...Object.fromEntries([...values, ...gradients]), probabilities: ops.softmax(terms.weightedLogits) };
    });
    const targets = Float64Array.from({ length: sizeOf([one.samples, one.classes]) }, (_, i) => (labels[Math.floor(i / one.classes)] === i % one.classes ? 1 : 0));
    const [program, state] = [await backend.compile(graph), await backend.createState([], {})];
    const inputs = { targets, ...Object.fromEntries(floats.map((name) => [name, stored(name)])) };
    const got = await program.run(state, Object.fromEntries(graph.inputs.map(({ name }) => [name, inputs[name as keyof typeof inputs]!])));
    for (const held of [state, program]) held.dispose();

    const names = Object.keys(graph.outputs);
    const want = names.map((name): [string, Float64Array] => [name, scalars.includes(name as never) ? Float64Array.of(one[name as (typeof scalars)[number]]!) : stored(name)]);
    const edits = (candidate: (sample: number) => boolean) => relabelEdits(got['probabilities']!, labels, one.margin2, candidate);
    results.push({
      name: one.name,
      got,
      want: Object.fromEntries(want),
      relabel: { got: { all: edits(() => true), low: got['high'] ? edits((sample) => got['high']![sample] === 0) : null }, want: one.relabel },
    });
  }
  return results;
}
