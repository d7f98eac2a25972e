import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphError, lower, operationTable, rootOf, trace } from '@selfcure/tensor';
import type { Graph, Node, Ops, Tensor } from '@selfcure/tensor';
import { evaluate, primitives } from './float64.ts';

const start = { kind: 'constant', value: 0 } as const;

/** A step that changes w [2] in some order of reads and effects; w is [1, 2] before it. */
function run(body: (ops: Ops) => Record<string, Tensor>): ReturnType<typeof evaluate> {
  const graph = trace((ops) => {
    ops.parameter('w', [2], start);
    ops.statistic('teacher', [2], start);
    ops.slot('w:m', [2]);
    ops.slot('w:v', [2]);
    return body(ops);
  });
  inPlaceIsSafe(graph);
  inPlaceIsSafe(lower(graph, (node) => primitives.includes(node.op) || node.op));
  return evaluate(graph, {}, { w: [1, 2], teacher: [10, 20], 'w:m': [0, 0], 'w:v': [0, 0] });
}

/** Whether an engine may overwrite a state at its effect: no reader of an old version stands behind it, none of a new one before it. */
function inPlaceIsSafe(graph: Graph): void {
  const version = new Map<string, number>();
  for (const node of graph.nodes) {
    for (const source of [node, ...node.inputs].map((input) => rootOf(input)).filter((root) => root.op === 'state')) {
      const { name, version: read } = source.attributes as { name: string; version: number };
      expect(version.get(name) ?? 0, `%${node.id} ${node.op} reads '${name}'`).toBe(read);
    }
    const written = operationTable[node.op]!.writes?.(node.attributes) ?? [];
    written.forEach((name, i) => version.set(name, (node.attributes['versions'] as number[])[i]!));
  }
}

describe('state versions', () => {
  it('a read before an effect gives the old value, a read after it the new one', () => {
    const { outputs, states } = run((ops) => {
      const before = ops.read('w');
      ops.assign('w', ops.mul(before, 10));
      return { before, after: ops.read('w'), late: ops.mul(before, 3), sum: ops.sum(ops.read('w')) };
    });
    expect(outputs).toEqual({ before: [1, 2], after: [10, 20], late: [3, 6], sum: [30] });
    expect(states['w']).toEqual([10, 20]);
  });

  it('effects on one state happen in the order of the calls', () => {
    const { states } = run((ops) => {
      ops.assign('w', ops.add(ops.read('w'), 1));
      ops.assign('w', ops.mul(ops.read('w'), 10));
      return {};
    });
    expect(states['w']).toEqual([20, 30]);
  });

  it('an average after the optimizer sees the new parameter', () => {
    const { states } = run((ops) => {
      ops.call('sgd', [0.5, ops.full(1, [2])], { parameters: ['w'], momentum: 0, nesterov: false, weightDecay: [0] });
      ops.ema('teacher', ops.read('w'), 0.5);
      return {};
    });
    expect(states).toMatchObject({ w: [0.5, 1.5], teacher: [5.25, 10.75] });
  });

  it('an average before the optimizer sees the old one', () => {
    const { states } = run((ops) => {
      ops.ema('teacher', ops.read('w'), 0.5);
      ops.call('sgd', [0.5, ops.full(1, [2])], { parameters: ['w'], momentum: 0, nesterov: false, weightDecay: [0] });
      return {};
    });
    expect(states).toMatchObject({ w: [0.5, 1.5], teacher: [5.5, 11] });
  });

  it('an average after Adam sees the new parameter: the first step is the rate', () => {
    const { states } = run((ops) => {
      const attributes = {
        parameters: ['w'],
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 0,
        weightDecay: [0],
        decoupled: false,
      };
      ops.call('adam', [0.25, 1 / (1 - 0.9), 1 / (1 - 0.999), ops.full(-4, [2])], attributes);
      ops.ema('teacher', ops.read('w'), 0);
      return {};
    });
    states['teacher']!.forEach((value, i) => expect(value).toBeCloseTo([1.25, 2.25][i]!, 12));
    expect(states['w']).toEqual(states['teacher']);
  });

  it('a swap of two states needs a copy of one', () => {
    const swap = (copy: boolean) => (ops: Ops) => {
      const [w, teacher] = [copy ? ops.identity(ops.read('w')) : ops.read('w'), ops.read('teacher')];
      ops.assign('w', teacher);
      ops.assign('teacher', w);
      return {};
    };
    expect(() => run(swap(false))).toThrow(GraphError);
    expect(run(swap(true)).states).toMatchObject({ w: [10, 20], teacher: [1, 2] });
  });

  it('an output that is a view of a state keeps its value', () => {
    const { outputs } = run((ops) => {
      const first = ops.rows(ops.read('w'), 0, 1);
      ops.assign('w', ops.full(9, [2]));
      return { first };
    });
    expect(outputs).toEqual({ first: [1] });
  });

  it('a value of both versions is refused by name', () => {
    const both = (): Graph =>
      trace((ops) => {
        const old = ops.scope('tail', () => ops.parameter('w', [2], start));
        ops.assign('tail/w', ops.mul(old, 2));
        return { difference: ops.scope('tail', () => ops.sub(ops.read('tail/w'), old)) };
      });
    expect(both).toThrow(GraphError);
    expect(both).toThrow(/\(layer '.*'\) needs a state from before and after the same update. Read it on one side/);
  });

  it('a copy of the old version makes the same value possible', () => {
    const { outputs } = run((ops) => {
      const old = ops.identity(ops.read('w'));
      ops.assign('w', ops.mul(ops.read('w'), 2));
      return { difference: ops.sub(ops.read('w'), old) };
    });
    expect(outputs).toEqual({ difference: [1, 2] });
  });
});

type Action =
  | { kind: 'read'; state: 'w' | 'teacher' }
  | { kind: 'assign'; state: 'w' | 'teacher'; from: number; factor: number };
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('read' as const), state: fc.constantFrom('w' as const, 'teacher' as const) }),
  fc.record({
    kind: fc.constant('assign' as const),
    state: fc.constantFrom('w' as const, 'teacher' as const),
    from: fc.nat(9),
    factor: fc.integer({ min: 1, max: 3 }),
  }),
);

it('any order of reads and effects means what it says, or is refused', () => {
  let ran = 0;
  fc.assert(
    fc.property(fc.array(action, { minLength: 2, maxLength: 9 }), (actions) => {
      // The meaning, by plain execution.
      const held: Record<string, number[]> = { w: [1, 2], teacher: [10, 20] };
      const values: number[][] = [[0, 0]];
      for (const step of actions) {
        if (step.kind === 'read') values.push([...held[step.state]!]);
        else held[step.state] = values[step.from % values.length]!.map((value) => value * step.factor + 1);
      }
      let got: ReturnType<typeof evaluate>;
      try {
        got = run((ops) => {
          const tensors: Tensor[] = [ops.full(0, [2])];
          for (const step of actions) {
            if (step.kind === 'read') tensors.push(ops.read(step.state));
            else ops.assign(step.state, ops.add(ops.mul(tensors[step.from % tensors.length]!, step.factor), 1));
          }
          return Object.fromEntries(tensors.map((tensor, i) => [`v${i}`, tensor]));
        });
      } catch (error) {
        expect(error).toBeInstanceOf(GraphError);
        return;
      }
      ran++;
      values.forEach((value, i) => expect(got.outputs[`v${i}`]).toEqual(value));
      for (const name of ['w', 'teacher']) if (got.states[name]) expect(got.states[name]).toEqual(held[name]);
    }),
    { numRuns: 300, seed: 3 },
  );
  expect(ran).toBeGreaterThan(200);
});

it('places effects as late as the readers allow', () => {
  const graph = trace((ops) => {
    const w = ops.parameter('w', [2], start);
    ops.assign('w', ops.mul(w, 2));
    return { y: ops.exp(ops.input('x', [2])) };
  });
  const last = graph.nodes.at(-1) as Node;
  expect(last.op).toBe('assign');
});
