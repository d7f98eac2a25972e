import { attributesOf } from '@selfcure/tensor';
import type { MatmulAttributes, Node } from '@selfcure/tensor';
import type { Step } from '../plan/step.ts';
import type { StepBuilders } from './builder.ts';
import { windowCorrelation, windowProduct } from './packed-product.ts';
import type { Images, WindowGrid } from './packed-product.ts';

/** Rows of a matrix as the pixels of an image of one row. */
const imagesOf = (matrix: Node): Images => ({
  n: 1,
  height: 1,
  width: matrix.shape[0]!,
  groups: 1,
  channels: matrix.shape[1]!,
});

/** One window for every pixel. */
const pixelsOf = (matrix: Node): WindowGrid => ({
  height: 1,
  width: 1,
  top: 0,
  left: 0,
  rows: 1,
  columns: matrix.shape[0]!,
  stride: [1, 1],
});

function matmul(node: Node): readonly Step[] {
  const [a, b] = node.inputs as readonly [Node, Node];
  const { transposeA, transposeB } = attributesOf<MatmulAttributes>(node);
  const operands = { images: imagesOf(a), x: a, transposed: transposeB, columns: node.shape[1]! };
  // The transpose of the rows times b is what a convolution's filter gradient is.
  if (transposeA) return windowCorrelation({ ...operands, grid: pixelsOf(a), upstream: b, filter: node });
  return windowProduct({
    ...operands,
    phases: [{ grid: pixelsOf(a), taps: [0], outTop: 0, outLeft: 0 }],
    filter: b,
    y: node,
    outSize: [1, a.shape[0]!],
    outStride: [1, 1],
  });
}

/** Products of matrices. */
export const matmulSteps: StepBuilders = { matmul };
