import { ShapeError } from '../errors.ts';
import type { Node, Tensor } from '../graph.ts';
import { formatShape, sameShape, sizeOf } from '../shape.ts';
import { attributesOf } from './operation.ts';
import type { OperationTable } from './operation.ts';

/** Attributes of `bnApply`: whether the statistics are those of this very batch, so that they move with the input. */
export interface BatchNormAttributes {
  readonly batchStatistics: boolean;
}

const lastAxis = (x: Tensor): number => x.shape.length - 1;
const allButLast = (x: Tensor): number[] => x.shape.slice(0, -1).map((_, axis) => axis);
const perChannel = (x: Tensor): number => sizeOf(x.shape) / x.shape.at(-1)!;

function checkChannels(inputs: readonly Node[]): void {
  const [x, statistics, scale, offset] = inputs as [Node, Node, Node, Node];
  const c = x.shape.at(-1)!;
  const fits = sameShape(statistics.shape, [3, c]) && sameShape(scale.shape, [c]) && sameShape(offset.shape, [c]);
  if (!fits) {
    throw new ShapeError(
      `input ${formatShape(x.shape)} has ${c} channels, statistics are ${formatShape(statistics.shape)}, ` +
        `scale ${formatShape(scale.shape)}, offset ${formatShape(offset.shape)}`,
    );
  }
}

/** Normalization over all axes but the last (batch), and over the last (softmax). */
export const normalizeOperations: OperationTable = {
  bnStats: {
    arity: 1,
    shape: (inputs) => [3, inputs[0]!.shape.at(-1)!],
    lower(ops, node) {
      const x = node.inputs[0]!;
      const { epsilon } = attributesOf<{ epsilon: number }>(node);
      const axes = allButLast(x);
      const mean = ops.mean(x, axes);
      const variance = ops.mean(ops.square(ops.sub(x, mean)), axes);
      return ops.stackRows([mean, variance, ops.rsqrt(ops.add(variance, epsilon))]);
    },
    flops: (node) => 4 * sizeOf(node.inputs[0]!.shape),
  },
  bnApply: {
    arity: 4,
    shape(inputs) {
      checkChannels(inputs);
      return inputs[0]!.shape;
    },
    lower(ops, node) {
      const [x, statistics, scale, offset] = node.inputs as [Tensor, Tensor, Tensor, Tensor];
      const centred = ops.sub(x, ops.row(statistics, 0));
      return ops.add(ops.mul(centred, ops.mul(ops.row(statistics, 2), scale)), offset);
    },
    gradient(ops, node, d) {
      const [x, statistics, scale] = node.inputs as [Tensor, Tensor, Tensor, Tensor];
      const sums = ops.call('bnGradReduce', [x, d, statistics], {});
      const { batchStatistics } = attributesOf<BatchNormAttributes>(node);
      const input = batchStatistics
        ? ops.call('bnGradInput', [x, d, statistics, scale, sums], {})
        : ops.mul(d, ops.mul(ops.row(statistics, 2), scale));
      return [input, null, ops.row(sums, 1), ops.row(sums, 0)];
    },
    flops: (node) => 2 * sizeOf(node.shape),
  },
  bnGradReduce: {
    arity: 3,
    shape: (inputs) => [2, inputs[0]!.shape.at(-1)!],
    lower(ops, node) {
      const [x, d, statistics] = node.inputs as [Tensor, Tensor, Tensor];
      const axes = allButLast(x);
      const normalized = ops.mul(ops.sub(x, ops.row(statistics, 0)), ops.row(statistics, 2));
      return ops.stackRows([ops.sum(d, axes), ops.sum(ops.mul(d, normalized), axes)]);
    },
    flops: (node) => 4 * sizeOf(node.inputs[0]!.shape),
  },
  bnGradInput: {
    arity: 5,
    shape: (inputs) => inputs[0]!.shape,
    lower(ops, node) {
      const [x, d, statistics, scale, sums] = node.inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
      const deviation = ops.row(statistics, 2);
      const normalized = ops.mul(ops.sub(x, ops.row(statistics, 0)), deviation);
      const part = 1 / perChannel(x);
      const centred = ops.sub(
        ops.sub(d, ops.mul(ops.row(sums, 0), part)),
        ops.mul(normalized, ops.mul(ops.row(sums, 1), part)),
      );
      return ops.mul(ops.mul(scale, deviation), centred);
    },
    flops: (node) => 6 * sizeOf(node.shape),
  },
  softmax: {
    arity: 1,
    shape: (inputs) => inputs[0]!.shape,
    lower(ops, node) {
      const x = node.inputs[0]!;
      const exponentials = ops.exp(ops.sub(x, ops.max(x, [lastAxis(x)], true)));
      return ops.div(exponentials, ops.sum(exponentials, [lastAxis(x)], true));
    },
    gradient(ops, node, d) {
      const weighted = ops.mul(node, d);
      return [ops.sub(weighted, ops.mul(node, ops.sum(weighted, [lastAxis(node)], true)))];
    },
    flops: (node) => 5 * sizeOf(node.shape),
  },
  logSoftmax: {
    arity: 1,
    shape: (inputs) => inputs[0]!.shape,
    lower(ops, node) {
      const x = node.inputs[0]!;
      const shifted = ops.sub(x, ops.max(x, [lastAxis(x)], true));
      return ops.sub(shifted, ops.log(ops.sum(ops.exp(shifted), [lastAxis(x)], true)));
    },
    gradient(ops, node, d) {
      return [ops.sub(d, ops.mul(ops.softmax(node.inputs[0]!), ops.sum(d, [lastAxis(node)], true)))];
    },
    flops: (node) => 5 * sizeOf(node.shape),
  },
};
