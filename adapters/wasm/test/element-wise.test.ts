import { reference } from '@selfcure/reference';
import { trace } from '@selfcure/tensor';
import type { Backend, Ops, Shape, Tensor } from '@selfcure/tensor';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builds, distance, numbers, runGraph } from './run-graph.ts';

describe.each(Object.entries(builds))('element-wise kernels %s', (_, open) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  const agrees = async (body: (ops: Ops) => Record<string, Tensor>, tolerance = 2e-6): Promise<number> => {
    const { outputs, steps } = await runGraph(backend, body);
    expect(distance(outputs, (await runGraph(reference(), body)).outputs)).toBeLessThan(tolerance);
    return steps;
  };
  const unary = async (op: string, x: readonly number[]): Promise<number[]> => {
    const { outputs } = await runGraph(backend, (ops) => ({ y: ops.call(op, [ops.input('x', [x.length])], {}) }), {
      x: Float32Array.from(x),
    });
    return [...outputs['y']!];
  };
  const binary = async (op: string, pairs: readonly (readonly [number, number])[]): Promise<number[]> => {
    const { outputs } = await runGraph(
      backend,
      (ops) => ({ y: ops.call(op, [ops.input('a', [pairs.length]), ops.input('b', [pairs.length])], {}) }),
      { a: Float32Array.from(pairs, ([a]) => a), b: Float32Array.from(pairs, ([, b]) => b) },
    );
    return [...outputs['y']!];
  };

  describe('values at the ends', () => {
    const smallest = 2 ** -149;
    it.each([
      [
        'exp',
        [
          [0, 1],
          [-0, 1],
          [Infinity, Infinity],
          [-Infinity, 0],
          [88.75, Infinity],
          [1e30, Infinity],
          [-104, 0],
          [-1e30, 0],
          [-103.2, smallest],
          [NaN, NaN],
        ],
      ],
      [
        'log',
        [
          [1, 0],
          [0, -Infinity],
          [-0, -Infinity],
          [-1, NaN],
          [-smallest, NaN],
          [-Infinity, NaN],
          [Infinity, Infinity],
          [NaN, NaN],
        ],
      ],
      [
        'sigmoid',
        [
          [0, 0.5],
          [Infinity, 1],
          [-Infinity, 0],
          [200, 1],
          [-200, 0],
          [NaN, NaN],
        ],
      ],
      [
        'tanh',
        [
          [0, 0],
          [-0, -0],
          [Infinity, 1],
          [-Infinity, -1],
          [20, 1],
          [-20, -1],
          [smallest, smallest],
          [NaN, NaN],
        ],
      ],
      [
        'relu',
        [
          [2, 2],
          [-2, 0],
          [0, 0],
          [NaN, 0],
          [Infinity, Infinity],
        ],
      ],
      [
        'abs',
        [
          [-2, 2],
          [-0, 0],
          [-Infinity, Infinity],
          [NaN, NaN],
        ],
      ],
      [
        'neg',
        [
          [2, -2],
          [0, -0],
          [NaN, NaN],
        ],
      ],
      [
        'sqrt',
        [
          [0, 0],
          [4, 2],
          [-1, NaN],
          [Infinity, Infinity],
          [NaN, NaN],
        ],
      ],
      [
        'rsqrt',
        [
          [0, Infinity],
          [4, 0.5],
          [Infinity, 0],
          [-1, NaN],
        ],
      ],
      [
        'square',
        [
          [-3, 9],
          [1e30, Infinity],
          [NaN, NaN],
        ],
      ],
    ] as const)('%s', async (op, rows) => {
      expect(await unary(op, rows.map(([x]) => x))).toEqual(rows.map(([, y]) => y)); // prettier-ignore
    });

    it.each([
      ['maximum', [1, 2, 0, NaN, NaN, Infinity]],
      ['minimum', [-1, 2, -0, NaN, NaN, 3]],
      ['greater', [1, 0, 0, 0, 0, 1]],
      ['greaterEqual', [1, 1, 1, 0, 0, 1]],
      ['less', [0, 0, 0, 0, 0, 0]],
      ['equal', [0, 1, 1, 0, 0, 0]],
      ['reluGrad', [0, 2, 0, NaN, 0, Infinity]],
    ])('%s', async (op, expected) => {
      const pairs = [[1, -1], [2, 2], [0, -0], [NaN, 1], [1, NaN], [Infinity, 3]] as const; // prettier-ignore
      expect(await binary(op, pairs)).toEqual(expected);
    });

    it('select takes the second where the first is not 0, NaN too', async () => {
      const x = (ops: Ops, name: string): Tensor => ops.input(name, [5]);
      const { outputs } = await runGraph(
        backend,
        (ops) => ({ y: ops.select(x(ops, 'condition'), x(ops, 'a'), x(ops, 'b')) }),
        {
          condition: Float32Array.of(0, -0, 1, NaN, -2),
          a: Float32Array.of(NaN, 1, 2, 3, 4),
          b: Float32Array.of(5, 6, NaN, 8, 9),
        },
      );
      expect(outputs['y']).toEqual(Float32Array.of(5, 6, 2, 3, 4));
    });
  });

  describe('accuracy', () => {
    const count = 40_000;
    const over = (low: number, high: number): number[] =>
      Array.from({ length: count }, (_, i) => Math.fround(low + ((high - low) * i) / count));
    // Both signs of each exponent from the denormals to the largest float.
    const exponents = over(-149, 127.99).map((exponent) => Math.fround(2 ** exponent));

    it.each([
      ['exp', over(-87.3, 88.7), Math.exp],
      ['exp', exponents.filter((x) => x < 88.7).flatMap((x) => [x, x < 87.3 ? -x : 0]), Math.exp],
      ['log', exponents, Math.log],
      ['log', over(0.5, 2), Math.log],
      ['sigmoid', over(-87.3, 20), (x: number) => 1 / (1 + Math.exp(-x))],
      ['tanh', over(-10, 10), Math.tanh],
      ['tanh', exponents.flatMap((x) => [x, -x]), Math.tanh],
    ] as const)('%s is within 3 units in the last place', async (op, x, exact) => {
      const y = await unary(op, x);
      let worst = 0;
      x.forEach((value, i) => {
        const expected = exact(value);
        const unit = 2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(expected))) - 23);
        if (expected !== 0) worst = Math.max(worst, Math.abs(y[i]! - expected) / unit);
      });
      expect(worst).toBeLessThan(3);
    });

    it('e^x goes through the denormals', async () => {
      const x = over(-103.9, -87.4);
      const y = await unary('exp', x);
      expect(Math.max(...y.map((value, i) => Math.abs(value - Math.exp(x[i]!))))).toBeLessThan(2 ** -148);
    });
  });

  describe('sizes and broadcasting', () => {
    it.each([1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 511, 512, 513, 519, 520, 1023, 1025, 60_001, 200_003])(
      '%i elements',
      async (length) => {
        await agrees((ops) => ({
          y: ops.relu(ops.add(ops.mul(ops.input('a', [length]), ops.input('b', [length])), 0.5)),
        }));
      },
    );

    const pairs: readonly (readonly [Shape, Shape])[] = [
      ...[1, 2, 3, 5, 7, 16, 37, 64, 100, 129, 130, 700, 1100].map((channels) => [[97, channels], [channels]] as const),
      [[300, 7], [300, 1]], // one element a row
      [[3, 5, 6, 9], [3, 1, 1, 9]], // one row of channels an image
      [[3, 5, 6, 9], [3, 5, 6, 1]], // one element a pixel
      [[3, 5, 6, 9], [1, 5, 1, 9]],
      [[3, 5, 6, 9], [3, 1, 6, 1]],
      [[2, 3, 2, 3, 2, 3], [2, 1, 2, 1, 2, 1]],
      [[2, 3, 2, 3, 2, 3], [1, 3, 1, 3, 1, 3]],
      [[64, 24, 24, 64], [64]], // several tasks
      [[64, 24, 24, 65], [64, 1, 1, 65]],
      [[40, 1], [1, 50]], // both
      [[1, 70, 1, 5], [9, 1, 11, 1]],
      [[50, 600], []],
    ]; // prettier-ignore
    it.each(pairs)('%j and %j', async (a, b) => {
      await agrees((ops) => {
        const [x, y] = [ops.input('a', a), ops.input('b', b)];
        return { difference: ops.sub(x, y), other: ops.sub(y, x), scaled: ops.mul(y, ops.maximum(x, 0.25)) };
      });
    });

    it('numbers keep the sign of zero', async () => {
      const { outputs } = await runGraph(backend, (ops) => {
        const x = ops.input('x', [3]);
        return { y: ops.add(ops.div(x, ops.full(-0, [])), ops.div(x, ops.full(0, [3]))) };
      }, { x: Float32Array.of(1, -1, 0) }); // prettier-ignore
      expect([...outputs['y']!]).toEqual([NaN, NaN, NaN]); // Infinity - Infinity, and 0 / 0
    });

    it('broadcastTo', async () => {
      for (const [from, to] of [
        [[], [5, 3]],
        [[7], [33, 7]],
        [
          [33, 1],
          [33, 7],
        ],
        [
          [4, 1, 1, 70],
          [4, 5, 3, 70],
        ],
        [
          [1, 3, 1],
          [2, 4, 3, 900],
        ],
      ] as const) {
        await agrees((ops) => ({ y: ops.broadcastTo(ops.input('x', from), to) }), 1e-12);
      }
    });
  });

  describe('chains', () => {
    const chain = (ops: Ops, shape: Shape): Tensor => {
      const [x, channel] = [ops.input('x', shape), ops.input('channel', shape.slice(-1))];
      return ops.relu(ops.add(ops.mul(ops.sub(x, channel), ops.tanh(x)), ops.sigmoid(ops.mul(channel, 0.5))));
    };

    it('run as one step', async () => {
      expect(await agrees((ops) => ({ y: ops.neg(ops.relu(ops.add(ops.mul(ops.input('x', [9, 5]), 2), 1))) }))).toBe(1);
      // One more for the sigmoid of another size.
      expect(await agrees((ops) => ({ y: chain(ops, [61, 7]) }))).toBe(2);
    });

    it('look through other shapes of as many elements', async () => {
      const steps = await agrees((ops) => {
        const x = ops.reshape(ops.exp(ops.input('x', [6, 10])), [60]);
        const y = ops.reshape(ops.mul(x, ops.input('v', [60])), [3, 4, 5]);
        return { y: ops.add(y, ops.input('c', [5])) };
      });
      expect(steps).toBe(1);
    });

    it('store what is needed elsewhere', async () => {
      await agrees((ops) => {
        const x = ops.mul(ops.input('x', [40, 3]), 1.5);
        const y = ops.exp(x);
        return { x, y: ops.add(y, 1), sum: ops.sum(y) };
      });
    });

    it('with more operands than the machine takes are cut', async () => {
      const steps = await agrees((ops) => {
        let sum = ops.input('x0', [300]);
        for (let i = 1; i < 50; i++) sum = ops.add(sum, ops.input(`x${i}`, [300]));
        return { sum };
      });
      expect(steps).toBeGreaterThan(1);
      expect(steps).toBeLessThan(10);
    });

    it('with more values alive than the machine has registers are cut', async () => {
      const steps = await agrees((ops) => {
        const x = ops.input('x', [300]);
        const values = Array.from({ length: 20 }, (_, i) => ops.mul(x, 1 + i / 8));
        const turned = values.map((value) => ops.abs(value));
        return { y: turned.reduceRight((sum, value, i) => ops.sub(value, ops.mul(sum, values[i]!))) };
      }, 1e-5); // prettier-ignore
      expect(steps).toBeGreaterThan(1);
    });

    it('read a state before it changes', async () => {
      const graph = trace((ops) => {
        ops.parameter('w', [10], { kind: 'constant', value: 0 });
        const doubled = ops.mul(ops.read('w'), 2);
        ops.assign('w', ops.input('next', [10]));
        return { y: ops.add(doubled, ops.read('w')) };
      });
      const program = await backend.compile(graph);
      const state = await backend.createState(graph.state, { w: numbers([10], 1) });
      const next = numbers([10], 2);
      const { y } = await program.run(state, { next });
      expect(distance({ y: y! }, { y: numbers([10], 1).map((value, i) => 2 * value + next[i]!) })).toBeLessThan(1e-6);
      state.dispose();
      program.dispose();
    });

    it('of any form agree with the oracle', async () => {
      const one = ['neg', 'abs', 'relu', 'sigmoid', 'tanh', 'identity', 'square'];
      const two = ['add', 'sub', 'mul', 'maximum', 'minimum', 'greater', 'less', 'reluGrad'];
      const node = fc.record({ op: fc.constantFrom(...one, ...two, 'select'), from: fc.array(fc.nat(99), { minLength: 3, maxLength: 3 }) }); // prettier-ignore
      const shape = fc.constantFrom<Shape>([3], [8], [2, 3, 5], [19, 7], [9, 64], [5, 7, 33], [4, 521]);
      await fc.assert(
        fc.asyncProperty(
          shape,
          fc.array(node, { minLength: 1, maxLength: 40 }),
          fc.nat(99),
          async (shape, nodes, extra) => {
            await agrees((ops) => {
            const narrow = (axis: number): Shape => shape.map((length, i) => (i === axis % shape.length ? length : 1));
            const values = [
              ops.input('a', shape),
              ops.input('b', shape),
              ops.input('last', shape.slice(-1)),
              ops.input('first', narrow(0)),
              ops.full(0.75, []),
            ];
            for (const { op, from } of nodes) {
              const arity = op === 'select' ? 3 : two.includes(op) ? 2 : 1;
              const inputs = from.slice(0, arity).map((i) => values[values.length - 1 - (i % Math.min(8, values.length))]!);
              // Bounded, so that errors do not grow along the chain.
              values.push(ops.minimum(ops.maximum(ops.call(op, inputs, {}), -2), 2));
            }
            return { last: ops.add(values.at(-1)!, values[0]!), extra: ops.add(values[extra % values.length]!, 0) };
          }, 2e-5); // prettier-ignore
          },
        ),
        { numRuns: 60, seed: 7 },
      );
    });
  });
});
