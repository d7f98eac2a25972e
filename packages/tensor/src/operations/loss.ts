import { ShapeError } from '../errors.ts';
import type { Tensor } from '../graph.ts';
import { formatShape, sameShape, sizeOf } from '../shape.ts';
import { attributesOf } from './operation.ts';
import type { OperationTable } from './operation.ts';

/** Operations that losses are made of. */
export const lossOperations: OperationTable = {
  softmaxCrossEntropy: {
    arity: 2,
    shape(inputs) {
      const [logits, targets] = inputs.map((node) => node.shape) as [readonly number[], readonly number[]];
      if (logits.length !== 2 || !sameShape(logits, targets)) {
        throw new ShapeError(
          `logits ${formatShape(logits)} and targets ${formatShape(targets)} differ. Both are [samples, classes]; targets are one-hot or soft rows`,
        );
      }
      return [logits[0]!];
    },
    lower(ops, node) {
      const [logits, targets] = node.inputs as [Tensor, Tensor];
      return ops.neg(ops.sum(ops.mul(targets, ops.logSoftmax(logits)), [1]));
    },
    gradient(ops, node, d) {
      const [logits, targets] = node.inputs as [Tensor, Tensor];
      const column = ops.reshape(d, [d.shape[0]!, 1]);
      const logitGradient = ops.sub(ops.mul(ops.softmax(logits), ops.sum(targets, [1], true)), targets);
      return [ops.mul(logitGradient, column), ops.neg(ops.mul(ops.logSoftmax(logits), column))];
    },
    flops: (node) => 8 * sizeOf(node.inputs[0]!.shape),
  },
  rankMask: {
    arity: 1,
    shape(inputs) {
      if (inputs[0]!.shape.length !== 1) throw new ShapeError(`needs a vector, got ${formatShape(inputs[0]!.shape)}`);
      return inputs[0]!.shape;
    },
    gradient: () => [null],
    lower(ops, node) {
      const values = node.inputs[0]!;
      const n = values.shape[0]!;
      const { count } = attributesOf<{ count: number }>(node);
      // Row i, column j: does j rank before i?
      const others = ops.reshape(values, [1, n]);
      const own = ops.reshape(values, [n, 1]);
      const index = ops.iota(n);
      const earlier = ops.less(ops.reshape(index, [1, n]), ops.reshape(index, [n, 1]));
      const before = ops.add(ops.greater(others, own), ops.mul(ops.equal(others, own), earlier));
      return ops.less(ops.sum(before, [1]), count);
    },
    flops: (node) => 4 * sizeOf(node.shape) ** 2,
  },
};
