import fc from 'fast-check';
import { lattice } from '../values.ts';
import { operationCase, seed } from './case.ts';
import type { OperationCase } from './case.ts';

/** Window, stride and padding of one axis; a padding leaves every window at least one element. */
const window = fc.integer({ min: 1, max: 4 }).chain((size) =>
  fc.record({
    size: fc.constant(size),
    stride: fc.integer({ min: 1, max: 3 }),
    before: fc.nat(size - 1),
    after: fc.nat(size - 1),
    more: fc.nat(5),
  }),
);
const pooling = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    channels: fc.constantFrom(1, 2, 3, 4, 5, 8),
    y: window,
    x: window,
    seed,
  })
  .map(({ batch, channels, y, x, seed }) => ({
    image: [batch, y.size + y.more, x.size + x.more, channels],
    attributes: {
      size: [y.size, x.size],
      stride: [y.stride, x.stride],
      padding: [y.before, y.after, x.before, x.after],
    },
    seed,
  }));

/** Windows; equal elements are common, and the first of them wins. */
export const poolCases: readonly OperationCase[] = [
  ...(
    [
      ['maxPool', -1, 1],
      ['maxPool: of negative elements', -3, -1],
      ['maxPool: of equal elements', 1, 1],
    ] as const
  ).map(([name, low, high]) =>
    operationCase(name, pooling, ({ image, attributes, seed }) => ({
      inputs: { x: lattice(image, seed, low, high) },
      build: (ops, { x }) => ops.call('maxPool', [x!], attributes),
    })),
  ),
];
