import { ShapeError } from '../errors.ts';
import type { Node, Shape, Tensor } from '../graph.ts';
import type { Ops } from '../ops.ts';
import { formatShape, sizeOf } from '../shape.ts';
import { attributesOf } from './operation.ts';
import type { OperationTable } from './operation.ts';

/** Attributes of `matmul`. */
export interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Attributes of `conv2d`. */
export interface ConvolutionAttributes {
  /** Vertical and horizontal. */
  readonly stride: readonly [number, number];
  /** Zero rows and columns: top, bottom, left, right. */
  readonly padding: readonly [number, number, number, number];
  /** Channel groups; the filter holds channels / groups input channels. */
  readonly groups: number;
}

/** Attributes of `conv2dGradInput` and `conv2dGradFilter`: those of the convolution, and the shape of the value. */
export interface ConvolutionGradientAttributes extends ConvolutionAttributes {
  readonly shape: Shape;
}

/** Output length of a window that slides along an axis. */
export function windowCount(length: number, window: number, stride: number, before: number, after: number): number {
  return Math.floor((length + before + after - window) / stride) + 1;
}

const orient = (shape: Shape, transposed: boolean): readonly [number, number] =>
  transposed ? [shape[1]!, shape[0]!] : [shape[0]!, shape[1]!];

/** Multiply-adds of a convolution: output elements times filter elements that meet in each. */
const convolutionFlops = (output: Shape, filter: Shape): number => 2 * sizeOf(output) * sizeOf(filter.slice(0, 3));

/** The last axis first, and back again. */
const toFront = (ops: Ops, x: Tensor): Tensor =>
  ops.transpose(x, [x.shape.length - 1, ...x.shape.slice(1).map((_, axis) => axis)]);
const toBack = (ops: Ops, x: Tensor): Tensor => ops.transpose(x, [...x.shape.slice(1).map((_, axis) => axis + 1), 0]);

/** One operation per channel group, joined along the last axis. */
function perGroup(
  ops: Ops,
  node: Node,
  build: (group: number, attributes: ConvolutionGradientAttributes) => Tensor,
): Tensor | null {
  const attributes = attributesOf<ConvolutionGradientAttributes>(node);
  if (attributes.groups === 1) return null;
  const parts = Array.from({ length: attributes.groups }, (_, group) => build(group, { ...attributes, groups: 1 }));
  return toBack(ops, ops.concatRows(parts.map((part) => toFront(ops, part))));
}

/** Part `group` of `groups` along the last axis. */
function share(ops: Ops, x: Tensor, group: number, groups: number): Tensor {
  const width = x.shape.at(-1)! / groups;
  return toBack(ops, ops.rows(toFront(ops, x), group * width, (group + 1) * width));
}

/** The shape with its axis `axis` divided by the number of groups. */
const divided = (shape: Shape, axis: number, groups: number): Shape =>
  shape.map((length, i) => (i === axis ? length / groups : length));

const call = (
  ops: Ops,
  op: string,
  inputs: readonly Tensor[],
  attributes: ConvolutionAttributes,
  shape?: Shape,
): Tensor => {
  const { stride, padding, groups } = attributes;
  return ops.call(op, inputs, { stride, padding, groups, ...(shape && { shape }) });
};

/** Sums of products: matrices, and images (NHWC) with filters (height, width, input channels / groups, output channels). */
export const contractOperations: OperationTable = {
  matmul: {
    arity: 2,
    shape(inputs, attributes) {
      const { transposeA, transposeB } = attributesOf<MatmulAttributes>({ attributes });
      const [a, b] = inputs.map((node) => node.shape) as [Shape, Shape];
      const [m, k] = orient(a, transposeA);
      const [inner, n] = orient(b, transposeB);
      if (a.length !== 2 || b.length !== 2 || k !== inner) {
        throw new ShapeError(
          `${formatShape(a)}${transposeA ? ' transposed' : ''} times ${formatShape(b)}${transposeB ? ' transposed' : ''}: ` +
            'inner sizes differ. Check the width of the layer before',
        );
      }
      return [m, n];
    },
    gradient(ops, node, d) {
      const [a, b] = node.inputs as [Tensor, Tensor];
      const { transposeA, transposeB } = attributesOf<MatmulAttributes>(node);
      return [
        transposeA
          ? ops.matmul(b, d, { transposeA: transposeB, transposeB: true })
          : ops.matmul(d, b, { transposeB: !transposeB }),
        transposeB
          ? ops.matmul(d, a, { transposeA: true, transposeB: transposeA })
          : ops.matmul(a, d, { transposeA: !transposeA }),
      ];
    },
    flops: (node) =>
      2 * sizeOf(node.shape) * orient(node.inputs[0]!.shape, attributesOf<MatmulAttributes>(node).transposeA)[1],
  },
  conv2d: {
    arity: 2,
    shape(inputs, attributes) {
      const { stride, padding, groups } = attributesOf<ConvolutionAttributes>({ attributes });
      const [x, filter] = inputs.map((node) => node.shape) as [Shape, Shape];
      if (x.length !== 4 || filter.length !== 4) {
        throw new ShapeError(
          `needs [N, H, W, C] and [height, width, in, out], got ${formatShape(x)} and ${formatShape(filter)}`,
        );
      }
      if (x[3] !== filter[2]! * groups || filter[3]! % groups !== 0) {
        throw new ShapeError(
          `input ${formatShape(x)} has ${x[3]} channels, filter ${formatShape(filter)} in ${groups} group(s) takes ` +
            `${filter[2]! * groups}. Inputs are NHWC, filters [height, width, in / groups, out]`,
        );
      }
      const height = windowCount(x[1]!, filter[0]!, stride[0], padding[0], padding[1]);
      const width = windowCount(x[2]!, filter[1]!, stride[1], padding[2], padding[3]);
      if (height < 1 || width < 1) {
        throw new ShapeError(
          `filter ${formatShape(filter)} is larger than the padded input ${formatShape(x)}. Use a larger image`,
        );
      }
      return [x[0]!, height, width, filter[3]!];
    },
    gradient(ops, node, d) {
      const [x, filter] = node.inputs as [Tensor, Tensor];
      const attributes = attributesOf<ConvolutionAttributes>(node);
      return [
        call(ops, 'conv2dGradInput', [d, filter], attributes, x.shape),
        call(ops, 'conv2dGradFilter', [x, d], attributes, filter.shape),
      ];
    },
    lower: (ops, node) =>
      perGroup(ops, node, (group, attributes) => {
        const [x, filter] = node.inputs as [Tensor, Tensor];
        const { groups } = attributesOf<ConvolutionAttributes>(node);
        return call(ops, 'conv2d', [share(ops, x, group, groups), share(ops, filter, group, groups)], attributes);
      }),
    flops: (node) => convolutionFlops(node.shape, node.inputs[1]!.shape),
  },
  conv2dGradInput: {
    arity: 2,
    shape: (_, attributes) => attributesOf<ConvolutionGradientAttributes>({ attributes }).shape,
    gradient(ops, node, d) {
      const [upstream, filter] = node.inputs as [Tensor, Tensor];
      const attributes = attributesOf<ConvolutionAttributes>(node);
      return [
        call(ops, 'conv2d', [d, filter], attributes),
        call(ops, 'conv2dGradFilter', [d, upstream], attributes, filter.shape),
      ];
    },
    lower: (ops, node) =>
      perGroup(ops, node, (group, attributes) => {
        const [upstream, filter] = node.inputs as [Tensor, Tensor];
        const { groups } = attributesOf<ConvolutionAttributes>(node);
        const inputs = [share(ops, upstream, group, groups), share(ops, filter, group, groups)];
        return call(ops, 'conv2dGradInput', inputs, attributes, divided(node.shape, 3, groups));
      }),
    flops: (node) => convolutionFlops(node.inputs[0]!.shape, node.inputs[1]!.shape),
  },
  conv2dGradFilter: {
    arity: 2,
    shape: (_, attributes) => attributesOf<ConvolutionGradientAttributes>({ attributes }).shape,
    gradient(ops, node, d) {
      const [x, upstream] = node.inputs as [Tensor, Tensor];
      const attributes = attributesOf<ConvolutionAttributes>(node);
      return [
        call(ops, 'conv2dGradInput', [upstream, d], attributes, x.shape),
        call(ops, 'conv2d', [x, d], attributes),
      ];
    },
    lower: (ops, node) =>
      perGroup(ops, node, (group, attributes) => {
        const [x, upstream] = node.inputs as [Tensor, Tensor];
        const { groups } = attributesOf<ConvolutionAttributes>(node);
        const inputs = [share(ops, x, group, groups), share(ops, upstream, group, groups)];
        return call(ops, 'conv2dGradFilter', inputs, attributes, divided(node.shape, 3, groups));
      }),
    flops: (node) => convolutionFlops(node.inputs[1]!.shape, node.shape),
  },
};
