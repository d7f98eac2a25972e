import type { TensorInfo } from '@tensorflow/tfjs-core';
import { attributesOf } from '@selfcure/tensor';
import type { ConvolutionAttributes, MatmulAttributes, Node } from '@selfcure/tensor';
import type { TfjsEngine } from '../engine.ts';
import type { KernelSet } from './kernels.ts';

/** Padding of a window operation as tfjs takes it. */
export const explicitPadding = ([top, bottom, left, right]: readonly [number, number, number, number]): number[][] => [
  [0, 0],
  [top, bottom],
  [left, right],
  [0, 0],
];

const geometry = (node: Node): Readonly<Record<string, unknown>> => {
  const { stride, padding } = attributesOf<ConvolutionAttributes>(node);
  return { strides: [...stride], pad: explicitPadding(padding), dataFormat: 'NHWC' };
};

/** Sums of products; one channel group. */
export const contractKernels: KernelSet = (engine) => ({
  matmul: (node, [a, b]) => {
    const { transposeA, transposeB } = attributesOf<MatmulAttributes>(node);
    return engine.call('BatchMatMul', { a: a!, b: b! }, { transposeA, transposeB });
  },
  conv2d: (node, [x, filter]) =>
    engine.call('Conv2D', { x: x!, filter: filter! }, { ...geometry(node), dilations: [1, 1] }),
  conv2dGradInput: (node, [dy, filter]) =>
    engine.call(
      'Conv2DBackpropInput',
      { dy: dy!, filter: filter! },
      { ...geometry(node), inputShape: [...node.shape] },
    ),
  conv2dGradFilter: engine.has('Conv2DBackpropFilter')
    ? (node, [x, dy]) =>
        engine.call('Conv2DBackpropFilter', { x: x!, dy: dy! }, { ...geometry(node), filterShape: [...node.shape] })
    : (node, [x, dy]) => filterGradient(engine, node, x!, dy!),
});

/**
 * The gradient for a filter as a convolution: channels take the place of images and images that of channels, the
 * gradient for the value is the filter, the stride becomes its dilation. The output has one place a filter tap.
 */
export function filterGradient(engine: TfjsEngine, node: Node, x: TensorInfo, dy: TensorInfo): TensorInfo {
  const { call, scoped } = engine;
  const { stride, padding } = attributesOf<ConvolutionAttributes>(node);
  const [height, width, inputs, outputs] = node.shape as [number, number, number, number];
  return scoped(() => {
    const images = call('Transpose', { x }, { perm: [3, 1, 2, 0] });
    const filter = call('Transpose', { x: dy }, { perm: [1, 2, 0, 3] });
    const taps = call(
      'Conv2D',
      { x: images, filter },
      {
        strides: [1, 1],
        pad: explicitPadding(padding),
        dilations: [...stride],
        dataFormat: 'NHWC',
      },
    );
    // Rows and columns that the stride left over would be further taps.
    const cut =
      taps.shape[1] === height && taps.shape[2] === width
        ? taps
        : call('Slice', { x: taps }, { begin: [0, 0, 0, 0], size: [inputs, height, width, outputs] });
    return call('Transpose', { x: cut }, { perm: [1, 2, 0, 3] });
  });
}
