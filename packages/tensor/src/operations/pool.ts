import { ShapeError } from '../errors.ts';
import { formatShape, sizeOf } from '../shape.ts';
import { windowCount } from './contract.ts';
import { attributesOf } from './operation.ts';
import type { OperationTable } from './operation.ts';

/** Attributes of pooling. */
export interface PoolAttributes {
  /** Window height and width. */
  readonly size: readonly [number, number];
  readonly stride: readonly [number, number];
  /** Rows and columns that never win: top, bottom, left, right. */
  readonly padding: readonly [number, number, number, number];
}

/** Windows over images (NHWC). */
export const poolOperations: OperationTable = {
  maxPool: {
    arity: 1,
    shape(inputs, attributes) {
      const { size, stride, padding } = attributesOf<PoolAttributes>({ attributes });
      const x = inputs[0]!.shape;
      if (x.length !== 4) throw new ShapeError(`needs [N, H, W, C], got ${formatShape(x)}`);
      if (Math.max(padding[0], padding[1]) >= size[0] || Math.max(padding[2], padding[3]) >= size[1]) {
        throw new ShapeError(
          `padding [${padding.join(', ')}] leaves windows of size [${size.join(', ')}] without an element`,
        );
      }
      const height = windowCount(x[1]!, size[0], stride[0], padding[0], padding[1]);
      const width = windowCount(x[2]!, size[1], stride[1], padding[2], padding[3]);
      if (height < 1 || width < 1)
        throw new ShapeError(`windows of size [${size.join(', ')}] do not fit into ${formatShape(x)}`);
      return [x[0]!, height, width, x[3]!];
    },
    gradient(ops, node, upstream) {
      return [ops.call('maxPoolGrad', [node.inputs[0]!, node, upstream], node.attributes)];
    },
    flops: (node) =>
      sizeOf(node.shape) * attributesOf<PoolAttributes>(node).size[0] * attributesOf<PoolAttributes>(node).size[1],
  },
  maxPoolGrad: {
    arity: 3,
    shape: (inputs) => inputs[0]!.shape,
    flops: (node) =>
      sizeOf(node.inputs[1]!.shape) *
      attributesOf<PoolAttributes>(node).size[0] *
      attributesOf<PoolAttributes>(node).size[1],
  },
};
