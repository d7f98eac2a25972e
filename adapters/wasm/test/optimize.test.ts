import { reference } from '@selfcure/reference';
import { sizeOf, slotName, trace } from '@selfcure/tensor';
import type { AdamAttributes, Backend, NamedArrays, Ops, SgdAttributes, Shape, Tensor } from '@selfcure/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builds, distance, numbers } from './run-graph.ts';

const zeros = { kind: 'constant', value: 0 } as const;

/** Shapes around whole vectors, and one that several tasks share. */
const shapes: Readonly<Record<string, Shape>> = {
  a: [1],
  b: [],
  c: [3, 5],
  d: [16],
  e: [97, 607],
  f: [17],
  g: [64, 3],
};
const names = Object.keys(shapes);

/** Runs a step twice on states that start with {@link numbers}; squares where they must not be negative. */
async function states(engine: Backend, body: (ops: Ops) => void): Promise<NamedArrays> {
  const graph = trace((ops) => {
    body(ops);
    return {};
  });
  const state = await engine.createState(
    graph.state,
    Object.fromEntries(
      graph.state.map(({ name, shape }, i) => [
        name,
        numbers(shape, i).map((value) => (name.endsWith(':v') ? value ** 2 : value)),
      ]),
    ),
  );
  const program = await engine.compile(graph);
  try {
    for (let round = 0; round < 2; round++) {
      const inputs = graph.inputs.map(({ name, shape }, i) => {
        const array = numbers(shape, 100 * round + i);
        return [name, sizeOf(shape) === 1 ? array.map(Math.abs) : array] as const;
      });
      await program.run(state, Object.fromEntries(inputs));
    }
    return await state.read();
  } finally {
    state.dispose();
    program.dispose();
  }
}

const declare = (ops: Ops, slots: readonly ('m' | 'v' | 'momentum')[]): Tensor[] =>
  names.map((name) => {
    for (const slot of slots) ops.slot(slotName(name, slot), shapes[name]!);
    return ops.parameter(name, shapes[name]!, zeros);
  });

function adam(
  ops: Ops,
  attributes: Partial<AdamAttributes> = {},
  of = (parameter: Tensor): Tensor | null => parameter,
): void {
  const parameters = declare(ops, ['m', 'v']);
  const gradients = names.map((name, i) => of(parameters[i]!) ?? ops.input(`gradient/${name}`, shapes[name]!));
  ops.call('adam', [ops.mul(ops.input('rate', []), 0.01), ops.input('c1', []), ops.input('c2', []), ...gradients], {
    parameters: names,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-3,
    weightDecay: names.map((_, i) => 0.01 * i),
    decoupled: false,
    ...attributes,
  });
}

function sgd(ops: Ops, attributes: Partial<SgdAttributes>): void {
  declare(ops, attributes.momentum === 0 ? [] : ['momentum']);
  const gradients = names.map((name) => ops.input(`gradient/${name}`, shapes[name]!));
  ops.call('sgd', [ops.input('rate', []), ...gradients], {
    parameters: names,
    momentum: 0.9,
    nesterov: false,
    weightDecay: names.map((_, i) => 0.01 * i),
    ...attributes,
  });
}

const effects: Readonly<Record<string, (ops: Ops) => void>> = {
  adam: (ops) => adam(ops, {}, () => null),
  'adam with decoupled decay': (ops) => adam(ops, { decoupled: true }, () => null),
  'adam whose gradients are the parameters that it changes': (ops) => adam(ops),
  'sgd without momentum': (ops) => sgd(ops, { momentum: 0 }),
  'sgd with momentum': (ops) => sgd(ops, {}),
  'sgd with Nesterov momentum': (ops) => sgd(ops, { nesterov: true }),
  'averages and copies': (ops) => {
    for (const name of names) {
      const parameter = ops.parameter(name, shapes[name]!, zeros);
      ops.statistic(`average/${name}`, shapes[name]!, zeros);
      ops.statistic(`copy/${name}`, shapes[name]!, zeros);
      ops.ema(`average/${name}`, ops.mul(parameter, 2), ops.input('decay', []));
      ops.assign(`copy/${name}`, ops.read(`average/${name}`));
    }
  },
};

describe.each(Object.entries(builds))('effects on kernels %s', (_, open) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  it.each(Object.entries(effects))('%s', async (_, body) => {
    expect(distance(await states(backend, body), await states(reference(), body))).toBeLessThan(2e-6);
  });

  it('take gradients and rates that they change themselves as they were', async () => {
    // Each parameter's gradient is another parameter, or part of it; the rate is one of them.
    const body = (ops: Ops): void => {
      const [a, b] = [ops.parameter('a', [2, 3], zeros), ops.parameter('b', [6], zeros)];
      const [c, rate] = [ops.parameter('c', [3], zeros), ops.parameter('rate', [], zeros)];
      ops.call(
        'sgd',
        [rate, ops.reshape(b, [2, 3]), ops.reshape(a, [6]), ops.reshape(ops.rows(a, 1, 2), [3]), ops.input('d', [])],
        { parameters: ['a', 'b', 'c', 'rate'], momentum: 0, nesterov: false, weightDecay: [0, 0, 0, 0] },
      );
      void c;
    };
    expect(distance(await states(backend, body), await states(reference(), body))).toBeLessThan(2e-6);
  });
});
