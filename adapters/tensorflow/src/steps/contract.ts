import { attributesOf } from '@selfcure/tensor';
import type { ConvolutionAttributes, MatmulAttributes, Node, Shape } from '@selfcure/tensor';
import { bool } from '../plan/attributes.ts';
import type { OpAttribute } from '../native/binding.ts';
import type { Value } from '../plan/operation.ts';
import type { Emitter } from '../plan/emitter.ts';
import type { Builder, KernelOptions } from './builder.ts';
import { namedPadding, reachedPadding, windowAttributes } from './windows.ts';
import type { Margins, Window } from './windows.ts';

/** A factor of a product, in the type of products. */
const factor = (e: Emitter, node: Node, { product }: KernelOptions): Value => e.cast(e.native(node), product);

/** Image, filter and value of a convolution or of one of its gradients. */
interface Geometry {
  readonly image: Shape;
  readonly filter: Shape;
}

/** Whether each channel has filters of its own, as TensorFlow's depthwise convolutions want it. */
export function isDepthwise(attributes: ConvolutionAttributes, { image, filter }: Geometry): boolean {
  const { groups, stride } = attributes;
  return groups > 1 && groups === image[3] && filter[2] === 1 && stride[0] === stride[1];
}

/** Shapes of image and filter of a node of the family of convolutions. */
export function geometryOf(node: Node): Geometry {
  const [a, b] = node.inputs as readonly [Node, Node];
  if (node.op === 'conv2d') return { image: a.shape, filter: b.shape };
  return node.op === 'conv2dGradInput'
    ? { image: node.shape, filter: b.shape }
    : { image: a.shape, filter: node.shape };
}

const windowOf = (node: Node): Window => {
  const { stride, padding } = attributesOf<ConvolutionAttributes>(node);
  const { filter } = geometryOf(node);
  return { size: [filter[0]!, filter[1]!], stride, padding };
};
const attributesFor = (node: Node): OpAttribute[] => windowAttributes(windowOf(node), geometryOf(node).image);

/** Channels below which oneDNN is worth a copy of the images with their padding. */
const fewChannels = 16;

/**
 * The padding of a gradient that has no name in TensorFlow, on a processor: oneDNN's kernels take named ones alone, and what stands
 * in for them takes up to 15 times as long. Images with their padding need none.
 */
function outside(node: Node, { gpu }: KernelOptions): { readonly margins: Margins; readonly padded: Shape } | null {
  const { image } = geometryOf(node);
  const window = windowOf(node);
  if (gpu || namedPadding(window, image)) return null;
  const margins = reachedPadding(window, image);
  const [top, bottom, left, right] = margins;
  return { margins, padded: [image[0]!, image[1]! + top + bottom, image[2]! + left + right, image[3]!] };
}
const validFor = (node: Node): OpAttribute[] =>
  windowAttributes({ ...windowOf(node), padding: [0, 0, 0, 0] }, geometryOf(node).image);

/** Filters [h, w, 1, channels × m] as depthwise convolutions take them: [h, w, channels, m]. */
const depthwiseShape = ([h, w, , out]: Shape, groups: number): Shape => [h!, w!, groups, out! / groups];

/** Images with zeros around them. */
function pad(e: Emitter, images: Value, [top, bottom, left, right]: Margins, shape: Shape): Value {
  const paddings = e.ints([0, 0, top, bottom, left, right, 0, 0], [4, 2]);
  return e.apply('Pad', [images, paddings], { shape, dtype: e.typeOf(images) });
}

/** A filter, and the shape in which TensorFlow takes it. */
function filterOf(node: Node): { readonly shape: Shape; readonly depthwise: boolean } {
  const attributes = attributesOf<ConvolutionAttributes>(node);
  const geometry = geometryOf(node);
  const depthwise = isDepthwise(attributes, geometry);
  return { depthwise, shape: depthwise ? depthwiseShape(geometry.filter, attributes.groups) : geometry.filter };
}

/** Sums of products: convolutions over NHWC with filters [h, w, in, out], which is what TensorFlow takes. */
export const contractBuilders: Readonly<Record<string, Builder>> = {
  matmul: (node, e, options) => {
    const { transposeA, transposeB } = attributesOf<MatmulAttributes>(node);
    const factors = node.inputs.map((input) => factor(e, input, options));
    const attributes = [bool('transpose_a', transposeA), bool('transpose_b', transposeB)];
    e.define(node, e.apply('MatMul', factors, { shape: node.shape, dtype: options.product }, attributes));
  },
  conv2d: (node, e, options) => {
    const [x, filter] = node.inputs as readonly [Node, Node];
    const { shape, depthwise } = filterOf(node);
    const inputs = [factor(e, x, options), e.reshape(factor(e, filter, options), shape)];
    const name = depthwise ? 'DepthwiseConv2dNative' : 'Conv2D';
    e.define(node, e.apply(name, inputs, { shape: node.shape, dtype: options.product }, attributesFor(node)));
  },
  conv2dGradInput: (node, e, options) => {
    const [upstream, filter] = node.inputs as readonly [Node, Node];
    const { shape, depthwise } = filterOf(node);
    const around = outside(node, options);
    const image = around?.padded ?? node.shape;
    const inputs = [e.ints(image), e.reshape(factor(e, filter, options), shape), factor(e, upstream, options)];
    const name = depthwise ? 'DepthwiseConv2dNativeBackpropInput' : 'Conv2DBackpropInput';
    const result = { shape: image, dtype: options.product };
    if (!around) return e.define(node, e.apply(name, inputs, result, attributesFor(node)));
    const whole = e.apply(name, inputs, result, validFor(node));
    const begin = e.ints([0, around.margins[0], around.margins[2], 0]);
    e.define(node, e.apply('Slice', [whole, begin, e.ints(node.shape)], { shape: node.shape, dtype: options.product }));
  },
  conv2dGradFilter: (node, e, options) => {
    const [x, upstream] = node.inputs as readonly [Node, Node];
    const { shape, depthwise } = filterOf(node);
    // The kernel that stands in keeps up with oneDNN here, unless there is little to sum.
    const around = geometryOf(node).image[3]! < fewChannels ? outside(node, options) : null;
    const images = factor(e, x, options);
    const padded = around ? pad(e, images, around.margins, around.padded) : images;
    const inputs = [padded, e.ints(shape), factor(e, upstream, options)];
    const name = depthwise ? 'DepthwiseConv2dNativeBackpropFilter' : 'Conv2DBackpropFilter';
    const result = { shape, dtype: options.product };
    const gradient = e.apply(name, inputs, result, around ? validFor(node) : attributesFor(node));
    e.define(node, e.reshape(gradient, node.shape));
  },
};
