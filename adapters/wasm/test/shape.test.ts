import { reference } from '@selfcure/reference';
import { RunError, trace } from '@selfcure/tensor';
import type { Backend, Ops, Shape, Tensor } from '@selfcure/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builds, distance, numbers, runGraph } from './run-graph.ts';

describe.each(Object.entries(builds))('moves on kernels %s', (_, open) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  /** Moves are exact: the same floats at other places. */
  const agrees = async (
    body: (ops: Ops) => Record<string, Tensor>,
    index?: Record<string, Int32Array>,
  ): Promise<void> => {
    const { outputs } = await runGraph(backend, body, index);
    expect(distance(outputs, (await runGraph(reference(), body, index)).outputs)).toBeLessThan(1e-7);
  };

  const transposes: readonly (readonly [Shape, readonly number[]])[] = [
    ...[1, 3, 4, 5, 15, 16, 17, 33].flatMap((rows) =>
      [1, 3, 4, 5, 15, 16, 17, 31, 70].map((columns) => [[rows, columns], [1, 0]] as const),
    ),
    [[3, 5, 7], [0, 2, 1]],
    [[3, 5, 7], [1, 0, 2]],
    [[3, 5, 7], [2, 0, 1]],
    [[3, 5, 7], [2, 1, 0]],
    [[3, 5, 7], [0, 1, 2]],
    [[4, 9, 10, 6], [0, 3, 1, 2]],
    [[4, 9, 10, 6], [3, 1, 0, 2]],
    [[4, 9, 10, 6], [2, 0, 3, 1]],
    [[2, 3, 2, 5, 4], [4, 2, 0, 3, 1]],
    [[2, 3, 2, 5, 4], [1, 0, 3, 2, 4]],
    [[1, 6, 1, 5], [3, 2, 1, 0]],
    [[300, 501], [1, 0]], // several tasks
    [[64, 10, 10, 65], [0, 3, 1, 2]],
    [[64, 10, 10, 65], [1, 2, 0, 3]],
    [[6, 1, 1], [2, 1, 0]],
  ]; // prettier-ignore
  it.each(transposes)('transpose %j to %j', async (shape, permutation) => {
    await agrees((ops) => ({ y: ops.transpose(ops.input('x', shape), permutation) }));
  });

  it.each([
    [[1], 0, 1],
    [[3, 5], 2, 9],
    [[3, 5], 0, 9],
    [[3, 5], 6, 9],
    [[100, 33, 9], 37, 700],
    [[4, 100_001], 1, 6], // several tasks
  ] as const)('padRows %j from row %i of %i', async (shape, from, rows) => {
    await agrees((ops) => ({ y: ops.padRows(ops.input('x', shape), from, rows) }));
  });

  it('concatRows', async () => {
    await agrees((ops) => ({ y: ops.concatRows([3, 1, 9000, 2].map((rows, i) => ops.input(`x${i}`, [rows, 37]))) }));
  });

  it('concatRows takes a value twice, and rows of another', async () => {
    await agrees((ops) => {
      const x = ops.input('x', [5, 3]);
      return { y: ops.concatRows([x, ops.rows(x, 2, 4), x]) };
    });
  });

  const index = (count: number, rows: number): Int32Array =>
    Int32Array.from({ length: count }, (_, i) => (i * i * 7 + 3) % rows);

  it.each([
    [1, 1, 1],
    [5, 9, 7],
    [40, 3000, 129], // several tasks
    [3, 50, 9000],
  ])('takeRows and scatterRows: %i rows, %i taken, %i floats', async (rows, count, inner) => {
    await agrees(
      (ops) => {
        const i = ops.input('i', [count], 'i32');
        return {
          taken: ops.takeRows(ops.input('x', [rows, inner]), i),
          // Multiples of 1/8: sums are exact in any order.
          scattered: ops.scatterRows(ops.mul(ops.greater(ops.input('y', [count, inner]), 0), 0.125), i, rows),
        };
      },
      { i: index(count, rows) },
    );
  });

  it('scatterRows adds rows in their order', async () => {
    const [count, inner] = [50, 37];
    const x = numbers([count, inner], 4);
    const { outputs } = await runGraph(
      backend,
      (ops) => ({ y: ops.scatterRows(ops.input('x', [count, inner]), ops.input('i', [count], 'i32'), 3) }),
      { x, i: index(count, 3) },
    );
    const expected = new Float32Array(3 * inner);
    index(count, 3).forEach((row, i) => {
      for (let k = 0; k < inner; k++) expected[row * inner + k]! += x[i * inner + k]!; // rounded to float32 each time
    });
    expect(outputs['y']).toEqual(expected);
  });

  describe('an index of a row that does not exist', () => {
    const cases = {
      takeRows: (ops: Ops, index: Tensor): Tensor => ops.takeRows(ops.input('x', [5, 2]), index),
      scatterRows: (ops: Ops, index: Tensor): Tensor => ops.scatterRows(ops.input('x', [4, 2]), index, 5),
    };
    it.each(Object.entries(cases).flatMap(([op, body]) => [-1, 5, 2 ** 30].map((row) => [op, row, body] as const)))(
      '%s of row %i is refused, and changes nothing',
      async (op, row, body) => {
        const graph = trace((ops) => {
          ops.parameter('w', [1], { kind: 'constant', value: 0 });
          ops.assign('w', ops.input('next', [1]));
          return { y: ops.scope('memory', () => body(ops, ops.rows(ops.input('rows', [6], 'i32'), 1, 5))) };
        });
        const program = await backend.compile(graph);
        const state = await backend.createState(graph.state, { w: Float32Array.of(1) });
        const x = graph.inputs.find(({ name }) => name === 'x')!;
        const run = (rows: number[]): Promise<unknown> =>
          program.run(state, { x: numbers(x.shape, 1), next: Float32Array.of(2), rows: Int32Array.from(rows) });
        const error: unknown = await run([0, 1, row, 2, 3, 0]).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(RunError);
        expect((error as Error).message).toMatch(`${op} (layer 'memory'): input 'rows' names row ${row} of 5`);
        expect(await state.read()).toEqual({ w: Float32Array.of(1) });
        // What the graph does not look at may be anything.
        await run([99, 1, 4, 0, 3, -7]);
        expect(await state.read()).toEqual({ w: Float32Array.of(2) });
        state.dispose();
        program.dispose();
      },
    );
  });
});
