import type { Ops, Tensor } from '@selfcure/tensor';

/** Options of {@link affineConv}. */
export interface AffineConvOptions {
  /** Scope of its states. */
  readonly layer: string;
  /** Channels of the result. */
  readonly channels: number;
  /** Height and width of the filter. */
  readonly size: number;
  /** Default 1. */
  readonly stride?: number;
  /** Zeros on all sides. Default 0. */
  readonly padding?: number;
}

/**
 * Convolution followed by a scale and an offset of every channel: what is left of batch normalization in a net whose
 * statistics were folded in, as dlib's `affine_` layers are. (conv(x) + bias) weights + biases.
 *
 * Its states are `conv/filters` [size, size, in, channels], `scale/weights` and `scale/biases`, trained, and `conv/bias`, which
 * is kept and not trained: `scale/biases` can take any value that it could.
 *
 * @param x [N, H, W, in].
 * @returns [N, H', W', channels].
 * @example ops.relu(affineConv(ops, x, { layer: 'conv32_1/conv1', channels: 32, size: 3, padding: 1 }))
 */
export function affineConv(
  ops: Ops,
  x: Tensor,
  { layer, channels, size, stride = 1, padding = 0 }: AffineConvOptions,
): Tensor {
  return ops.scope(layer, () => {
    const filters = ops.parameter('conv/filters', [size, size, x.shape.at(-1)!, channels], {
      kind: 'normal',
      standardDeviation: Math.sqrt(2 / (channels * size * size)),
    });
    const bias = ops.statistic('conv/bias', [channels], { kind: 'constant', value: 0 });
    const weights = ops.parameter('scale/weights', [channels], { kind: 'constant', value: 1 });
    const biases = ops.parameter('scale/biases', [channels], { kind: 'constant', value: 0 });
    const convolved = ops.conv2d(x, filters, { stride, padding });
    // Written as a normalization of mean -bias and deviation 1, which engines compute together with its neighbours.
    const one = ops.full(1, [channels]);
    return ops.bnApply(convolved, ops.stackRows([ops.neg(bias), one, one]), weights, biases, false);
  });
}
