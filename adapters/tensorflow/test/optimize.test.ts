import { afterAll, beforeAll, expect, it } from 'vitest';
import { slotName, trace } from '@selfcure/tensor';
import type { Backend, Graph, Json, NumericArray } from '@selfcure/tensor';
import { describeWhere } from './needed-native.ts';
import { openEngine, whyNoEngine } from './open-engine.ts';

const size = 12;
const beta1 = 0.9;
const beta2 = 0.999;
const steps = 60;
const rate = 0.01;

const gradientAt = (step: number, i: number): number => Math.fround(Math.sin(7 * step + 3 * i) * 10 ** -(i % 4));
const first = Float32Array.from({ length: size }, (_, i) => 1 + i / size);

function adamGraph(epsilon: number, decoupled: boolean, decay: number): Graph {
  return trace((ops) => {
    ops.parameter('w', [size], { kind: 'constant', value: 0 });
    for (const slot of ['m', 'v'] as const) ops.slot(slotName('w', slot), [size]);
    const inputs = ['rate', 'correction1', 'correction2'].map((name) => ops.input(name, []));
    const attributes = { parameters: ['w'], beta1, beta2, epsilon, weightDecay: [decay], decoupled };
    ops.call('adam', [...inputs, ops.input('gradient', [size])], attributes as unknown as Record<string, Json>);
    return { w: ops.read('w') };
  });
}

/** Kingma and Ba 2015, algorithm 1, in float64; Loshchilov and Hutter 2019 where the decay is decoupled. */
function adamInDouble(epsilon: number, decoupled: boolean, decay: number): Record<'w' | 'm' | 'v', number[]> {
  const [w, m, v] = [[...first], first.map(() => 0), first.map(() => 0)].map((list) => [...list]) as [
    number[],
    number[],
    number[],
  ];
  for (let t = 1; t <= steps; t++) {
    for (let i = 0; i < size; i++) {
      const g = gradientAt(t - 1, i) + (decoupled ? 0 : decay * w[i]!);
      m[i] = beta1 * m[i]! + (1 - beta1) * g;
      v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
      const kept = decoupled ? 1 - rate * decay : 1;
      w[i] = kept * w[i]! - (rate * (m[i]! / (1 - beta1 ** t))) / (Math.sqrt(v[i]! / (1 - beta2 ** t)) + epsilon);
    }
  }
  return { w, m, v };
}

const worst = (got: NumericArray, want: readonly number[], scale: (value: number) => number): number =>
  Math.max(...want.map((value, i) => Math.abs(got[i]! - value) / scale(value)));

describeWhere(await whyNoEngine(), "TensorFlow's fused updates", () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await openEngine();
  });
  afterAll(async () => backend.close());

  // An epsilon of the size of the gradients shows where it stands in the formula.
  for (const { epsilon, decoupled, decay } of [
    { epsilon: 1e-8, decoupled: false, decay: 0 },
    { epsilon: 1e-2, decoupled: false, decay: 0 },
    { epsilon: 1e-8, decoupled: false, decay: 0.1 },
    { epsilon: 1e-8, decoupled: true, decay: 0.1 },
  ]) {
    it(`Adam with epsilon ${epsilon}, ${decoupled ? 'decoupled' : 'coupled'} decay ${decay}`, async () => {
      const graph = adamGraph(epsilon, decoupled, decay);
      const program = await backend.compile(graph);
      expect(program.report.listing()).toContain('ResourceApplyAdam');
      const zeros = new Float32Array(size);
      const state = await backend.createState(graph.state, { w: first, 'w:m': zeros, 'w:v': zeros });
      for (let t = 1; t <= steps; t++) {
        await program.run(state, {
          rate: Float32Array.of(rate),
          correction1: Float32Array.of(1 / (1 - beta1 ** t)),
          correction2: Float32Array.of(1 / (1 - beta2 ** t)),
          gradient: Float32Array.from({ length: size }, (_, i) => gradientAt(t - 1, i)),
        });
      }
      const got = await state.read();
      const want = adamInDouble(epsilon, decoupled, decay);
      // 1 - beta2 is a difference in float32 in TensorFlow: 1.3e-5 of the second moment, and nothing of a step.
      expect(worst(got['w:v']!, want.v, Math.abs)).toBeLessThan(2e-5);
      expect(worst(got['w:m']!, want.m, (value) => Math.abs(value) + 1e-4)).toBeLessThan(5e-6);
      // Roundings of w; what the second moment lacks would be 3.8e-6.
      expect(worst(got['w']!, want.w, () => 1)).toBeLessThan(2e-6);
      for (const held of [state, program]) held.dispose();
    });
  }

  it('running averages take the unbiased variance, inside of the fused normalization', async () => {
    const [n, c, epsilon] = [6, 3, 1e-3];
    const graph = trace((ops) => {
      const running = ['mean', 'variance'].map((name) => ops.statistic(name, [c], { kind: 'constant', value: 0 }));
      expect(running).toHaveLength(2);
      const x = ops.input('x', [n, 1, 1, c]);
      const statistics = ops.bnStats(x, epsilon);
      ops.ema('mean', ops.row(statistics, 0), 0.9);
      ops.ema('variance', ops.mul(ops.row(statistics, 1), n / (n - 1)), 0.9);
      return { y: ops.bnApply(x, statistics, ops.full(1, [c]), ops.full(0, [c]), true) };
    });
    const program = await backend.compile(graph);
    expect(program.report.listing()).toMatch(/= FusedBatchNormV3\(/);
    expect(program.report.listing()).not.toMatch(/= (?:Mul|AddV2|Slice)\(/);
    const state = await backend.createState(graph.state, {
      mean: Float32Array.of(1, 2, 3),
      variance: Float32Array.of(4, 5, 6),
    });
    const x = Float32Array.from({ length: n * c }, (_, i) => Math.cos(5 * i) * (1 + (i % c)));
    const { y } = await program.run(state, { x });
    const { mean, variance } = await state.read();
    for (let k = 0; k < c; k++) {
      const own = Array.from({ length: n }, (_, i) => x[i * c + k]!);
      const average = own.reduce((sum, value) => sum + value) / n;
      const squares = own.reduce((sum, value) => sum + (value - average) ** 2, 0);
      expect(mean![k]).toBeCloseTo(0.9 * (1 + k) + 0.1 * average, 6);
      expect(variance![k]).toBeCloseTo(0.9 * (4 + k) + (0.1 * squares) / (n - 1), 5);
      expect(y![k]).toBeCloseTo((x[k]! - average) / Math.sqrt(squares / n + epsilon), 5);
    }
    for (const held of [state, program]) held.dispose();
  });
});
