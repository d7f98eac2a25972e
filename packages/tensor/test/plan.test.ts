import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flopsOf, plan, trace } from '@selfcure/tensor';
import type { Node, Step } from '@selfcure/tensor';

const value = (id: number, length: number): Node => ({
  id,
  op: 'exp',
  inputs: [],
  attributes: {},
  shape: [length],
  dtype: 'f32',
  layer: '',
});

/** Random programs: each step writes one or two values of 1 to 300 floats and reads some written before. */
const programs = fc
  .record({
    steps: fc.array(
      fc.record({
        sizes: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 2 }),
        reads: fc.array(fc.nat(), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 40 },
    ),
    outputs: fc.array(fc.nat(), { maxLength: 4 }),
    alignment: fc.constantFrom(4, 16, 64, 256),
  })
  .map(({ steps, outputs, alignment }) => {
    const written: Node[] = [];
    const planned: Step[] = steps.map(({ sizes, reads }) => {
      const read = written.length ? reads.map((i) => written[i % written.length]!) : [];
      const writes = sizes.map((size, i) => value(written.length + i, size));
      written.push(...writes);
      return { writes, reads: read };
    });
    return { steps: planned, outputs: outputs.map((i) => written[i % written.length]!), alignment };
  });

/** First and last step at which a value must be in memory. */
function lifetime(steps: readonly Step[], outputs: readonly Node[], node: Node): [number, number] {
  const born = steps.findIndex((step) => step.writes.includes(node));
  const read = steps.findLastIndex((step) => step.reads.includes(node));
  return [born, outputs.includes(node) ? steps.length : Math.max(born, read)];
}

describe('plan', () => {
  it('never lets two values that are alive together share memory, and keeps outputs to the end', () => {
    fc.assert(
      fc.property(programs, ({ steps, outputs, alignment }) => {
        const { offset, arenaBytes } = plan(steps, { outputs, alignment });
        const spans = steps
          .flatMap((step) => step.writes)
          .map((node) => {
            const [from, to] = lifetime(steps, outputs, node);
            const begin = offset.get(node)!;
            return { from, to, begin, end: begin + 4 * node.shape[0]! };
          });
        for (const span of spans) {
          expect(span.begin % alignment).toBe(0);
          expect(span.end).toBeLessThanOrEqual(arenaBytes);
        }
        spans.forEach((a, i) => {
          for (const b of spans.slice(i + 1)) {
            const together = a.from <= b.to && b.from <= a.to;
            if (together) expect(a.end <= b.begin || b.end <= a.begin).toBe(true);
          }
        });
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  it('stays between the lower bound and memory without reuse', () => {
    fc.assert(
      fc.property(programs, ({ steps, outputs, alignment }) => {
        const { arenaBytes, lowerBoundBytes, storedBytes } = plan(steps, { outputs, alignment });
        const nodes = steps.flatMap((step) => step.writes);
        const bytes = (node: Node): number => Math.ceil((4 * node.shape[0]!) / alignment) * alignment;
        const alive = steps.map((_, time) =>
          nodes.reduce((sum, node) => {
            const [from, to] = lifetime(steps, outputs, node);
            return from <= time && time <= to ? sum + bytes(node) : sum;
          }, 0),
        );
        expect(lowerBoundBytes).toBe(Math.max(...alive));
        expect(arenaBytes).toBeGreaterThanOrEqual(lowerBoundBytes);
        expect(arenaBytes).toBeLessThanOrEqual(storedBytes);
        expect(storedBytes).toBe(nodes.reduce((sum, node) => sum + bytes(node), 0));
      }),
      { numRuns: 300, seed: 6 },
    );
  });

  it('reuses memory along a chain: two buffers do', () => {
    const nodes = Array.from({ length: 10 }, (_, i) => value(i, 100));
    const steps = nodes.map((node, i) => ({ writes: [node], reads: i ? [nodes[i - 1]!] : [] }));
    expect(plan(steps, { alignment: 4 })).toMatchObject({ arenaBytes: 800, lowerBoundBytes: 800, storedBytes: 4000 });
  });

  it('takes memory of others, such as inputs and states, as given', () => {
    const [input, y] = [value(0, 8), value(1, 8)];
    const { offset, arenaBytes } = plan([{ writes: [y], reads: [input] }]);
    expect([...offset.keys()]).toEqual([y]);
    expect(arenaBytes).toBe(64);
  });

  it('of nothing is empty', () => {
    expect(plan([])).toMatchObject({ arenaBytes: 0, lowerBoundBytes: 0, storedBytes: 0 });
  });
});

it('counts no floating-point operations for leaves and views', () => {
  const graph = trace((ops) => ({ y: ops.reshape(ops.exp(ops.input('x', [4, 3])), [12]) }));
  expect(flopsOf(graph.nodes)).toBe(12);
});
