import type { TensorInfo } from '@tensorflow/tfjs-core';
import { attributesOf } from '@selfcure/tensor';
import type { ConvolutionAttributes, MatmulAttributes, Node } from '@selfcure/tensor';
import { filterGradient, stockKernels } from '@selfcure/tfjs';
import type { KernelSet, TfjsEngine } from '@selfcure/tfjs';
import { heapView, reshaped } from './heap-view.ts';

/**
 * Products on the two kernels that are fast in tfjs's WASM backend: the plain matrix product and the forward
 * convolution (15 to 30 GFLOP/s; transposed products and `Conv2DBackpropInput` are naive loops of 1 GFLOP/s, and
 * `Conv2DBackpropFilter` is missing).
 */
export const contractKernels: KernelSet = (engine) => {
  const stock = stockKernels(engine);
  return {
    matmul: (node, [a, b]) => {
      const { transposeA, transposeB } = attributesOf<MatmulAttributes>(node);
      return engine.scoped(() => {
        if (transposeA && transposeB) return engine.call('Transpose', { x: product(engine, b!, a!) }, { perm: [1, 0] });
        // The right factor is moved even where it is a vector: see product.
        const right = transposeB ? engine.call('Transpose', { x: b! }, { perm: [1, 0] }) : b!;
        return product(engine, transposeA ? transposed(engine, a!) : a!, right);
      });
    },
    conv2dGradInput: (node, [dy, filter]) => {
      const { padding } = attributesOf<ConvolutionAttributes>(node);
      const [height, width] = filter!.shape as [number, number];
      return padding[0] < height && padding[2] < width
        ? inputGradient(engine, node, dy!, filter!)
        : stock['conv2dGradInput']!(node, [dy!, filter!]);
    },
    conv2dGradFilter: (node, [x, dy]) => {
      const { stride, padding } = attributesOf<ConvolutionAttributes>(node);
      const [height, width, inputs, outputs] = node.shape as [number, number, number, number];
      if (height * width * stride[0] * stride[1] !== 1 || padding.some((zeros) => zeros > 0))
        return filterGradient(engine, node, x!, dy!);
      const places = dy!.shape[0]! * dy!.shape[1]! * dy!.shape[2]!;
      return engine.scoped(() => {
        const sum = product(
          engine,
          transposed(engine, reshaped(x!, [places, inputs])),
          reshaped(dy!, [places, outputs]),
        );
        return engine.call('Reshape', { x: sum }, { shape: [...node.shape] });
      });
    },
  };
};

/**
 * a b. tfjs keeps the packed form of the right factor by its handle, whatever its shape: one handle must always come with
 * one shape, or the product is garbage.
 */
const product = (engine: TfjsEngine, a: TensorInfo, b: TensorInfo): TensorInfo =>
  engine.call('BatchMatMul', { a, b }, { transposeA: false, transposeB: false });

/** A vector needs no move. */
const transposed = (engine: TfjsEngine, x: TensorInfo): TensorInfo =>
  x.shape.includes(1) ? reshaped(x, [x.shape[1]!, x.shape[0]!]) : engine.call('Transpose', { x }, { perm: [1, 0] });

/** The gradient for the input: the gradient for the value, spread by the stride, convolved with the filter turned around. */
function inputGradient(engine: TfjsEngine, node: Node, dy: TensorInfo, filter: TensorInfo): TensorInfo {
  const { call, scoped } = engine;
  const { stride, padding } = attributesOf<ConvolutionAttributes>(node);
  const [height, width] = filter.shape as [number, number];
  const [, rows, columns] = node.shape as [number, number, number];
  const convolve = (x: TensorInfo, turned: TensorInfo, pad: number[][]): TensorInfo =>
    call('Conv2D', { x, filter: turned }, { strides: [1, 1], pad, dilations: [1, 1], dataFormat: 'NHWC' });

  return scoped(() => {
    const turned = call('Transpose', { x: reversedTaps(engine, filter) }, { perm: [0, 1, 3, 2] });
    const top = height - 1 - padding[0];
    const left = width - 1 - padding[2];
    // A 1x1 filter has nothing to do between the spread places: convolve first.
    const pointwise = height * width === 1 && stride[0] * stride[1] > 1;
    const source = pointwise
      ? convolve(dy, turned, [
          [0, 0],
          [0, 0],
          [0, 0],
          [0, 0],
        ])
      : dy;
    const spaced = stride[0] * stride[1] > 1 ? spread(engine, source, stride) : source;
    const bottom = rows - spaced.shape[1]! + height - 1 - top;
    const right = columns - spaced.shape[2]! + width - 1 - left;
    const outer = [
      [0, 0],
      [top, Math.max(bottom, 0)],
      [left, Math.max(right, 0)],
      [0, 0],
    ];
    const image = bottom < 0 || right < 0 ? cut(engine, spaced, Math.min(bottom, 0), Math.min(right, 0)) : spaced;
    if (!pointwise) return convolve(image, turned, outer);
    return call('PadV2', { x: image }, { paddings: outer, constantValue: 0 });
  });
}

/** The taps of a filter in the opposite order, copied one after another: `Reverse` takes 7% of a small step. */
function reversedTaps(engine: TfjsEngine, filter: TensorInfo): TensorInfo {
  const taps = filter.shape[0]! * filter.shape[1]!;
  if (taps === 1) return filter;
  const reversed = engine.allocate(filter.shape, 'f32');
  const [from, to] = [heapView(engine, filter), heapView(engine, reversed)];
  const size = from.length / taps;
  for (let tap = 0; tap < taps; tap++) to.set(from.subarray(tap * size, (tap + 1) * size), (taps - 1 - tap) * size);
  return reversed;
}

/** Each place becomes the first of a block of stride x stride places, the others 0. */
function spread(engine: TfjsEngine, x: TensorInfo, [down, across]: readonly [number, number]): TensorInfo {
  const [images, rows, columns, channels] = x.shape as [number, number, number, number];
  const pad = (value: TensorInfo, blocks: number, size: number, times: number): TensorInfo =>
    times === 1
      ? value
      : engine.call(
          'PadV2',
          { x: reshaped(value, [blocks, 1, size]) },
          {
            paddings: [
              [0, 0],
              [0, times - 1],
              [0, 0],
            ],
            constantValue: 0,
          },
        );
  const wide = pad(x, images * rows * columns, channels, across);
  const tall = pad(wide, images * rows, columns * across * channels, down);
  return reshaped(tall, [images, rows * down, columns * across, channels]);
}

/** Without the last `-bottom` rows and `-right` columns. */
function cut(engine: TfjsEngine, x: TensorInfo, bottom: number, right: number): TensorInfo {
  const [images, rows, columns, channels] = x.shape as [number, number, number, number];
  return engine.call('Slice', { x }, { begin: [0, 0, 0, 0], size: [images, rows + bottom, columns + right, channels] });
}
