import { slotName, trace } from '@selfcure/tensor';
import type {
  AdamAttributes,
  Backend,
  Graph,
  Json,
  NamedArrays,
  Ops,
  SgdAttributes,
  StateSpec,
  Tensor,
} from '@selfcure/tensor';
import { sizeOf } from '@selfcure/tensor';
import type { Suite } from '../suite.ts';
import { normal } from '../values.ts';

/** An effect, run for some steps on the same states. */
interface EffectCase {
  readonly name: string;
  graph(): Graph;
}

const parameters = { bias: [], row: [7], weights: [5, 3], filter: [3, 2, 2, 4] } as const;
const names = Object.keys(parameters) as (keyof typeof parameters)[];
const zeros = { kind: 'constant', value: 0 } as const;
const steps = 5;

const declared = (ops: Ops): Tensor[] => names.map((name) => ops.parameter(name, parameters[name], zeros));
/** Gradients as inputs, and one that depends on the parameter, as in training. */
const gradients = (ops: Ops): Tensor[] =>
  names.map((name) => {
    const given = ops.input(`gradient/${name}`, parameters[name]);
    return name === 'weights' ? ops.add(given, ops.mul(ops.read(name), 0.5)) : given;
  });

function optimizer(
  op: 'sgd' | 'adam',
  slots: readonly ('m' | 'v' | 'momentum')[],
  attributes: Partial<AdamAttributes> | Partial<SgdAttributes>,
): () => Graph {
  return () =>
    trace((ops) => {
      declared(ops);
      for (const name of names) for (const slot of slots) ops.slot(slotName(name, slot), parameters[name]);
      const scalars = ['rate', ...(op === 'adam' ? ['correction1', 'correction2'] : [])].map((name) =>
        ops.input(name, []),
      );
      ops.call(op, [...scalars, ...gradients(ops)], {
        parameters: names,
        weightDecay: names.map(() => 0),
        ...attributes,
      } as unknown as Record<string, Json>);
      return { norm: ops.sum(ops.square(ops.read('weights'))) };
    });
}

const decays = [0, 0.01, 0.1, 0.02];
const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decoupled: false };
const sgd = { momentum: 0, nesterov: false };

/** Every effect; the cases of optimizers hold a parameter of every rank. */
export const effectCases: readonly EffectCase[] = [
  {
    name: 'assign',
    graph: () =>
      trace((ops) => {
        declared(ops).forEach((parameter, i) =>
          ops.assign(names[i]!, ops.sub(ops.mul(parameter, 0.5), gradients(ops)[i]!)),
        );
        return { sum: ops.sum(ops.read('filter')) };
      }),
  },
  ...[0.9, 'rate'].map((decay) => ({
    name: `ema: decay ${decay}`,
    graph: () =>
      trace((ops) => {
        declared(ops);
        gradients(ops).forEach((value, i) =>
          ops.ema(names[i]!, value, typeof decay === 'number' ? decay : ops.input(decay, [])),
        );
        return { sum: ops.sum(ops.read('filter')) };
      }),
  })),
  { name: 'sgd', graph: optimizer('sgd', [], sgd) },
  { name: 'sgd: weight decay', graph: optimizer('sgd', [], { ...sgd, weightDecay: decays }) },
  {
    name: 'sgd: momentum',
    graph: optimizer('sgd', ['momentum'], { momentum: 0.9, nesterov: false, weightDecay: decays }),
  },
  {
    name: 'sgd: nesterov',
    graph: optimizer('sgd', ['momentum'], { momentum: 0.9, nesterov: true, weightDecay: decays }),
  },
  { name: 'adam', graph: optimizer('adam', ['m', 'v'], adam) },
  { name: 'adam: coupled decay', graph: optimizer('adam', ['m', 'v'], { ...adam, weightDecay: decays }) },
  {
    name: 'adam: decoupled decay',
    graph: optimizer('adam', ['m', 'v'], { ...adam, weightDecay: decays, decoupled: true }),
  },
  {
    name: 'adam: large epsilon',
    graph: optimizer('adam', ['m', 'v'], { ...adam, beta1: 0.8, beta2: 0.95, epsilon: 0.01 }),
  },
];

/** First values: slots at 0, the others arbitrary. */
const initial = (specs: readonly StateSpec[]): NamedArrays =>
  Object.fromEntries(
    specs.map(({ name, shape, kind }, i) => [
      name,
      kind === 'slot' ? new Float32Array(sizeOf(shape)) : normal(shape, i + 1).data,
    ]),
  );

/** Inputs of a step; one gradient is always 0, one as small as epsilon, and some stop after the first step. */
function inputsOf(graph: Graph, step: number): NamedArrays {
  const scalars: Record<string, number> = {
    rate: 0.02 / (step + 1),
    correction1: 1 / (1 - 0.9 ** (step + 1)),
    correction2: 1 / (1 - 0.999 ** (step + 1)),
  };
  return Object.fromEntries(
    graph.inputs.map(({ name, shape }, i) => {
      if (name in scalars) return [name, Float32Array.of(scalars[name]!)];
      const data = normal(shape, 100 * step + i).data;
      if (data.length > 3) {
        data[0] = 0;
        data[1]! *= 2 ** -24;
        if (step > 0) data[2] = 0;
      }
      return [name, data];
    }),
  );
}

/** Outputs and states of every step, by step. */
async function run(backend: Backend, graph: Graph): Promise<NamedArrays[]> {
  const program = await backend.compile(graph);
  const state = await backend.createState(graph.state, initial(graph.state));
  const results: NamedArrays[] = [];
  for (let step = 0; step < steps; step++) {
    const outputs = await program.run(state, inputsOf(graph, step));
    results.push({ ...outputs, ...(await state.read()) });
  }
  state.dispose();
  program.dispose();
  return results;
}

/** Every effect over several steps. */
export function effectTests(suite: Suite): void {
  for (const { name, graph } of effectCases) {
    suite.test('effects', name, async () => {
      const traced = graph();
      const [got, want] = [await run(suite.shared(), traced), await run(suite.oracle(), traced)];
      want.forEach((values, step) => suite.close(got[step]!, values, name));
    });
  }
}
