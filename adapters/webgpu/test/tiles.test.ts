import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Node, Ops } from '@selfcure/tensor';
import { openDevice } from '../src/device/open-device.ts';
import { planBackend } from '../src/plan-backend.ts';
import type { KernelOptions } from '../src/steps/builder.ts';
import { productOf } from '../src/steps/table.ts';
import { usualTiles, variantsOf } from '../src/steps/variant.ts';
import { thorough } from '../../../test/conformance/thorough.ts';
import { distanceFromOracle, whyNoWebGpu, withGradients } from './open.ts';

const absent = await whyNoWebGpu();

/** Tiles so small that any product has many, and that compile fast: one and two blocks high, with and without idle readers. */
const tinyTiles = [
  { rows: 8, columns: 8, slice: 4, size: 4 },
  { rows: 16, columns: 16, slice: 8, size: 8 },
  { rows: 8, columns: 24, slice: 4, size: 12 },
];
const nameOf = ({ rows, columns, slice, size }: (typeof tinyTiles)[number]): string =>
  `${rows}x${columns}x${slice}@${size}/`;

/** A backend that computes products by the tile that it is told, and the operations for which it has. */
async function openTiles(options: Pick<KernelOptions, 'parallel' | 'shapes'>) {
  const asked = { tile: '', taken: new Set<string>() };
  const kernels = { ...options, maxBuffers: 8, maxInvocations: 256, fewestTerms: 12 };
  const chosen = (node: Node): string | undefined => {
    const name = variantsOf(productOf(node)!, kernels).find((variant) => variant.name.startsWith(asked.tile))?.name;
    if (name) asked.taken.add(`${node.op} ${name.endsWith('/1') ? 'whole' : 'in parts'}`);
    return name;
  };
  return { asked, backend: planBackend({ open: await openDevice({}), kernels: { ...kernels, chosen } }) };
}

const runs = thorough ? 32 : 6;
const operations = ['conv2d', 'conv2dGradFilter', 'conv2dGradInput', 'matmul'];

/** Products of any size, cut anywhere by the edges of tiles, slices and parts, against the oracle. */
describe.skipIf(absent)('tiles in workgroup memory', () => {
  for (const [title, parallel] of [
    ['sums in one piece', 64],
    ['sums in parts', 2 ** 15],
  ] as const) {
    describe(title, () => {
      let opened: Awaited<ReturnType<typeof openTiles>>;
      const distance = async (tile: string, body: Parameters<typeof distanceFromOracle>[1]): Promise<number> => {
        opened.asked.tile = tile;
        return distanceFromOracle(opened.backend, body);
      };
      beforeAll(async () => {
        opened = await openTiles({ parallel, shapes: tinyTiles });
      });
      afterAll(async () => opened?.backend.close());

      it('convolutions and their gradients', async () => {
        const size = fc.integer({ min: 1, max: 4 });
        const geometry = fc.record({
          images: fc.integer({ min: 1, max: 4 }),
          height: fc.integer({ min: 9, max: 16 }),
          width: fc.integer({ min: 9, max: 16 }),
          channels: fc.oneof(fc.integer({ min: 1, max: 7 }), fc.constantFrom(4, 8, 12, 16, 20)),
          filters: fc.constantFrom(4, 12, 20, 28),
          filter: fc.tuple(size, size),
          stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
          padding: fc.tuple(...[0, 1, 2, 3].map(() => fc.integer({ min: 0, max: 3 }))),
          tile: fc.constantFrom(...tinyTiles),
        });
        await fc.assert(
          fc.asyncProperty(geometry, async ({ images, height, width, channels, filters, filter, tile, ...rest }) => {
            const found = await distance(nameOf(tile), (ops: Ops) => {
              const x = ops.input('x', [images, height, width, channels]);
              const w = ops.input('filter', [...filter, channels, filters]);
              const y = ops.call('conv2d', [x, w], { ...rest, groups: 1 });
              return withGradients(ops, y, { x, filter: w });
            });
            expect(found).toBeLessThan(1e-5);
          }),
          { numRuns: runs, seed: 5 },
        );
      }, 120_000);

      it('matrices', async () => {
        const length = fc.oneof(fc.integer({ min: 1, max: 90 }), fc.constantFrom(4, 64, 300, 1100));
        const matrices = fc.record({
          rows: fc.integer({ min: 50, max: 150 }),
          terms: length,
          columns: fc.constantFrom(44, 60, 72),
          transposeA: fc.boolean(),
          transposeB: fc.boolean(),
          tile: fc.constantFrom(...tinyTiles),
        });
        // SwiftShader does not come to the end of compiling this one.
        const compiles = matrices.filter((one) => !(one.transposeA && one.transposeB && one.tile.slice === 8));
        await fc.assert(
          fc.asyncProperty(compiles, async ({ rows, terms, columns, transposeA, transposeB, tile }) => {
            const found = await distance(nameOf(tile), (ops: Ops) => {
              const a = ops.input('a', transposeA ? [terms, rows] : [rows, terms]);
              const b = ops.input('b', transposeB ? [columns, terms] : [terms, columns]);
              return { y: ops.matmul(a, b, { transposeA, transposeB }) };
            });
            expect(found).toBeLessThan(1e-5);
          }),
          { numRuns: runs, seed: 6 },
        );
      }, 120_000);

      it('every operation was computed by tiles', () => {
        const how = parallel === 64 ? 'whole' : 'in parts';
        expect([...opened.asked.taken]).toEqual(expect.arrayContaining(operations.map((name) => `${name} ${how}`)));
      });
    });
  }

  it('the tiles for graphics processors', async () => {
    const { asked, backend } = await openTiles({ parallel: 64 });
    for (const tile of thorough ? usualTiles : [usualTiles[0]!, usualTiles.at(-1)!]) {
      asked.tile = nameOf(tile);
      asked.taken.clear();
      const distance = await distanceFromOracle(backend, (ops: Ops) => ({
        y: ops.matmul(ops.input('a', [133, 72]), ops.input('b', [72, 76])),
      }));
      expect(distance).toBeLessThan(1e-5);
      expect([...asked.taken]).toEqual(['matmul whole']);
    }
    await backend.close();
  }, 120_000);
});
