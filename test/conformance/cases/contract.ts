import fc from 'fast-check';
import { normal } from '../values.ts';
import { axis, operationCase, seed } from './case.ts';
import type { OperationCase } from './case.ts';

const length = fc.oneof(axis, fc.constantFrom(31, 33));
const side = fc.nat(2);
const stride = fc.integer({ min: 1, max: 3 });

/** Geometry of a convolution; the image is as large as the filter needs, and some more. */
const convolution = (groups: fc.Arbitrary<{ groups: number; perGroup: number; outPerGroup: number }>) =>
  fc
    .record({
      batch: fc.integer({ min: 1, max: 3 }),
      filter: fc.tuple(fc.constantFrom(1, 2, 3, 3, 5, 7), fc.constantFrom(1, 2, 3, 3, 5)),
      more: fc.tuple(fc.nat(6), fc.nat(6)),
      stride: fc.tuple(stride, stride),
      padding: fc.tuple(side, side, side, side),
      channels: groups,
      seed,
    })
    .map(({ batch, filter: [height, width], more, padding, stride, channels, seed }) => ({
      image: [
        batch,
        Math.max(1, height - padding[0] - padding[1]) + more[0],
        Math.max(1, width - padding[2] - padding[3]) + more[1],
        channels.groups * channels.perGroup,
      ],
      filter: [height, width, channels.perGroup, channels.groups * channels.outPerGroup],
      attributes: { stride, padding, groups: channels.groups },
      seed,
    }));
const width = fc.constantFrom(1, 2, 3, 4, 8, 9);

const plain = convolution(fc.record({ groups: fc.constant(1), perGroup: width, outPerGroup: width }));
const grouped = convolution(
  fc.record({ groups: fc.constantFrom(2, 3), perGroup: fc.constantFrom(1, 2, 3), outPerGroup: fc.constantFrom(1, 2) }),
);
const depthwise = convolution(
  fc.record({ groups: fc.constantFrom(2, 4, 5), perGroup: fc.constant(1), outPerGroup: fc.constantFrom(1, 1, 2) }),
);

/** Sums of products. */
export const contractCases: readonly OperationCase[] = [
  operationCase(
    'matmul',
    fc.record({ m: length, k: length, n: length, transposeA: fc.boolean(), transposeB: fc.boolean(), seed }),
    ({ m, k, n, transposeA, transposeB, seed }) => ({
      inputs: { a: normal(transposeA ? [k, m] : [m, k], seed), b: normal(transposeB ? [n, k] : [k, n], seed + 1) },
      build: (ops, { a, b }) => ops.matmul(a!, b!, { transposeA, transposeB }),
    }),
  ),
  ...(
    [
      ['conv2d', plain],
      ['conv2d: groups', grouped],
      ['conv2d: depthwise', depthwise],
    ] as const
  ).map(([name, geometry]) =>
    operationCase(name, geometry, ({ image, filter, attributes, seed }) => ({
      inputs: { x: normal(image, seed), filter: normal(filter, seed + 1) },
      build: (ops, { x, filter }) => ops.call('conv2d', [x!, filter!], attributes),
    })),
  ),
  operationCase(
    'conv2d: same padding',
    fc.record({
      size: fc.integer({ min: 3, max: 9 }),
      window: fc.constantFrom(1, 2, 3, 5),
      stride: fc.constantFrom(1, 2),
      seed,
    }),
    ({ size, window, stride, seed }) => ({
      inputs: { x: normal([2, size, size + 1, 3], seed), filter: normal([window, window, 3, 4], seed + 1) },
      build: (ops, { x, filter }) => ops.conv2d(x!, filter!, { stride, padding: 'same' }),
    }),
  ),
];
