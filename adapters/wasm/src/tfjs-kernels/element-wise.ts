import type { TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf } from '@selfcure/tensor';
import type { Shape } from '@selfcure/tensor';
import { stockKernels } from '@selfcure/tfjs';
import type { KernelSet, TfjsEngine } from '@selfcure/tfjs';
import { heapView, reshaped } from './heap-view.ts';

/** Below this many elements the stock broadcast is as fast. */
const fewElements = 4096;

/** Whether `b` holds one element for each channel (last axis) of `a`. */
function perChannel(a: Shape, b: Shape): boolean {
  const channels = a.at(-1);
  return (
    a.length > 1 &&
    channels !== 1 &&
    b.at(-1) === channels &&
    sizeOf(b) === channels &&
    b.length <= a.length &&
    sizeOf(a) >= fewElements
  );
}

/**
 * x scale + offset with one scale and one offset a channel: a depthwise 1x1 convolution, which reads and writes every
 * element once. Broadcasting over channels by `Multiply` or `Add` takes three times as long.
 *
 * @param scale one number a channel; 1 where absent.
 * @param offset one number a channel; 0 where absent.
 */
export function channelAffine(
  engine: TfjsEngine,
  x: TensorInfo,
  { scale, offset }: { readonly scale?: Float32Array; readonly offset?: Float32Array },
): TensorInfo {
  const channels = x.shape.at(-1)!;
  return engine.scoped(() => {
    const inputs = {
      x: reshaped(x, [1, 1, sizeOf(x.shape) / channels, channels]),
      filter: engine.upload(scale ?? new Float32Array(channels).fill(1), [1, 1, channels, 1], 'f32'),
      ...(offset && { bias: engine.upload(offset, [channels], 'f32') }),
    };
    const y = engine.call('FusedDepthwiseConv2D', inputs, {
      strides: [1, 1],
      pad: 'valid',
      dilations: [1, 1],
      dataFormat: 'NHWC',
      activation: 'linear',
    });
    return engine.call('Reshape', { x: y }, { shape: x.shape });
  });
}

/** Element-wise operations that tfjs broadcasts slowly. */
export const elementWiseKernels: KernelSet = (engine) => {
  const stock = stockKernels(engine);
  const vector = (x: TensorInfo): Float32Array => heapView(engine, x) as Float32Array;
  return {
    add: (node, [a, b]) => {
      if (perChannel(a!.shape, b!.shape)) return channelAffine(engine, a!, { offset: vector(b!) });
      if (perChannel(b!.shape, a!.shape)) return channelAffine(engine, b!, { offset: vector(a!) });
      return stock['add']!(node, [a!, b!]);
    },
    sub: (node, [a, b]) =>
      perChannel(a!.shape, b!.shape)
        ? channelAffine(engine, a!, { offset: vector(b!).map((value) => -value) })
        : stock['sub']!(node, [a!, b!]),
    mul: (node, [a, b]) => {
      if (perChannel(a!.shape, b!.shape)) return channelAffine(engine, a!, { scale: vector(b!) });
      if (perChannel(b!.shape, a!.shape)) return channelAffine(engine, b!, { scale: vector(a!) });
      return stock['mul']!(node, [a!, b!]);
    },
  };
};
