/** Models that the benchmarks know: those of @selfcure/models, and a small one for engines that run on slow adapters. */
import { basicBlock, convBatchNorm, globalAveragePool, modelByName as byName, modelNames } from '@selfcure/models';

export const benchModelNames = [...modelNames, 'small'];

/**
 * Makes a model from its name.
 *
 * @param {string} name
 * @param {{ size?: number, channels?: number, width?: number, classes?: number }} options
 * @returns {import('@selfcure/core').Model}
 * @throws {OptionError} where the model refuses an option
 */
export const modelByName = (name, options) => (name === 'small' ? small(options) : byName(name, options));

/** Multiples of 4, as in the other models. */
const widened = (count, width) => 4 * Math.max(1, Math.round((count * width) / 4));

/**
 * Six convolutions: a 3x3 convolution, a residual block of the same channels, one of stride 2 with twice as many. With
 * classifier and importance head 22 parameters.
 */
function small({ size = 12, channels = 3, width = 1, classes = 7 }) {
  const counts = [8, 16].map((count) => widened(count, width));
  return {
    name: 'small',
    options: { classes, size, channels, width },
    inputShape: [size, size, channels],
    classes,
    apply: (ops, images, mode) => {
      let x = ops.relu(convBatchNorm(ops, images, { layer: 'conv1', channels: counts[0], size: 3 }, mode));
      x = basicBlock(ops, x, { layer: 'layer1/0', channels: counts[0] }, mode);
      x = basicBlock(ops, x, { layer: 'layer2/0', channels: counts[1], stride: 2 }, mode);
      return globalAveragePool(ops, x);
    },
  };
}
