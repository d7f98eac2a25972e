import type { Ops, Tensor } from '@selfcure/tensor';

/** Options of {@link conv2d}. */
export interface ConvolutionOptions {
  /** Channels of the result. */
  readonly channels: number;
  /** Height and width of the filter. */
  readonly size: number;
  /** Default 1. */
  readonly stride?: number;
  /** Zeros around the image, the same on all sides, as PyTorch lays them. Default: (size - 1) / 2, rounded down. */
  readonly padding?: number;
}

/**
 * Convolution without bias. Its parameter is `filter` [size, size, in, channels] of the scope that it is called in; it
 * starts from a normal distribution of variance 2 / fan_out with fan_out = channels x size x size (He et al. 2015, the
 * backward case), which keeps the variance of gradients through ReLU layers.
 *
 * @param x images [N, H, W, in].
 * @returns [N, H', W', channels] with H' = floor((H + 2 padding - size) / stride) + 1, and W' likewise.
 * @throws ShapeError where the filter is larger than the padded image.
 * @example ops.scope('conv1', () => conv2d(ops, images, { channels: 64, size: 7, stride: 2 })) // conv1/filter
 */
export function conv2d(ops: Ops, x: Tensor, options: ConvolutionOptions): Tensor {
  const { channels, size, stride = 1, padding = Math.floor((size - 1) / 2) } = options;
  const filter = ops.parameter('filter', [size, size, x.shape.at(-1)!, channels], {
    kind: 'normal',
    standardDeviation: Math.sqrt(2 / (channels * size * size)),
  });
  return ops.conv2d(x, filter, { stride, padding });
}
