import { attributesOf } from '@selfcure/tensor';
import type { ConvolutionAttributes, Node } from '@selfcure/tensor';
import type { Step } from '../plan/step.ts';
import type { StepBuilder, StepBuilders } from './builder.ts';
import { depthwiseGradFilter, depthwiseProduct, isDepthwise } from './convolution-depthwise.ts';
import { windowCorrelation, windowProduct } from './packed-product.ts';
import type { Images, Phase, WindowGrid } from './packed-product.ts';
import { winogradSteps } from './winograd.ts';

type Shape4 = readonly [number, number, number, number];

/** What the three products of a convolution have in common. */
interface Convolution extends ConvolutionAttributes {
  readonly x: Shape4;
  readonly filter: Shape4;
  readonly y: Shape4;
}

const shapeOf = (node: Node): Shape4 => node.shape as unknown as Shape4;

const imagesOf = ([n, height, width, channels]: Shape4, groups: number): Images => ({
  n,
  height,
  width,
  groups,
  channels: channels / groups,
});

/** The windows of a convolution. */
function gridOf({ filter, y, stride, padding }: Convolution): WindowGrid {
  return {
    height: filter[0],
    width: filter[1],
    top: -padding[0],
    left: -padding[2],
    rows: y[1],
    columns: y[2],
    stride,
  };
}

/** Along one axis: the elements that are `first` modulo the stride, and the taps that reach them from the upstream gradient. */
function axisPhase(
  first: number,
  axis: { length: number; taps: number; stride: number; padding: number },
): { count: number; start: number; taps: number[] } {
  const { length, stride, padding } = axis;
  const taps: number[] = [];
  // Ascending elements of the upstream gradient meet descending taps.
  for (let tap = (first + padding) % stride; tap < axis.taps; tap += stride) taps.unshift(tap);
  const start = taps.length === 0 ? 0 : (first + padding - taps[0]!) / stride;
  return { count: Math.ceil((length - first) / stride), start, taps };
}

/** The convolutions of stride 1 that an input gradient consists of. */
function phasesOf({ x, filter, stride, padding }: Convolution): Phase[] {
  const phases: Phase[] = [];
  for (let outTop = 0; outTop < Math.min(stride[0], x[1]); outTop++) {
    const vertical = axisPhase(outTop, { length: x[1], taps: filter[0], stride: stride[0], padding: padding[0] });
    for (let outLeft = 0; outLeft < Math.min(stride[1], x[2]); outLeft++) {
      const horizontal = axisPhase(outLeft, { length: x[2], taps: filter[1], stride: stride[1], padding: padding[2] });
      phases.push({
        grid: {
          height: vertical.taps.length,
          width: horizontal.taps.length,
          top: vertical.start,
          left: horizontal.start,
          rows: vertical.count,
          columns: horizontal.count,
          stride: [1, 1],
        },
        taps: vertical.taps.flatMap((row) => horizontal.taps.map((column) => row * filter[1] + column)),
        outTop,
        outLeft,
      });
    }
  }
  return phases;
}

function forward(node: Node): readonly Step[] {
  const [x, filter] = node.inputs as readonly [Node, Node];
  const attributes = attributesOf<ConvolutionAttributes>(node);
  if (isDepthwise(filter, attributes)) {
    const { stride, padding } = attributes;
    const meets = [0, 1].map((axis) => ({ multiply: stride[axis]!, offset: -padding[2 * axis]!, divide: 1 }));
    return depthwiseProduct({ x, filter, y: node, step: 1, meets });
  }
  const convolution = { x: shapeOf(x), filter: shapeOf(filter), y: shapeOf(node), ...attributes };
  const [height, width] = convolution.filter;
  return windowProduct({
    images: imagesOf(convolution.x, attributes.groups),
    x,
    phases: [
      {
        grid: gridOf(convolution),
        taps: Array.from({ length: height * width }, (_, tap) => tap),
        outTop: 0,
        outLeft: 0,
      },
    ],
    filter,
    transposed: false,
    columns: convolution.filter[3] / attributes.groups,
    y: node,
    outSize: [convolution.y[1], convolution.y[2]],
    outStride: [1, 1],
  });
}

function gradInput(node: Node): readonly Step[] {
  const [upstream, filter] = node.inputs as readonly [Node, Node];
  const attributes = attributesOf<ConvolutionAttributes>(node);
  if (isDepthwise(filter, attributes)) {
    const { stride, padding } = attributes;
    const meets = [0, 1].map((axis) => ({ multiply: 1, offset: padding[2 * axis]!, divide: stride[axis]! }));
    return depthwiseProduct({ x: upstream, filter, y: node, step: -1, meets });
  }
  const convolution = { x: shapeOf(node), filter: shapeOf(filter), y: shapeOf(upstream), ...attributes };
  return windowProduct({
    images: imagesOf(convolution.y, attributes.groups),
    x: upstream,
    phases: phasesOf(convolution),
    filter,
    transposed: true,
    columns: convolution.filter[2],
    y: node,
    outSize: [convolution.x[1], convolution.x[2]],
    outStride: attributes.stride,
  });
}

function gradFilter(node: Node): readonly Step[] {
  const [x, upstream] = node.inputs as readonly [Node, Node];
  const attributes = attributesOf<ConvolutionAttributes>(node);
  if (isDepthwise(node, attributes)) return depthwiseGradFilter(x, upstream, node, attributes);
  const convolution = { x: shapeOf(x), filter: shapeOf(node), y: shapeOf(upstream), ...attributes };
  return windowCorrelation({
    images: imagesOf(convolution.x, attributes.groups),
    x,
    grid: gridOf(convolution),
    upstream,
    transposed: false,
    columns: convolution.filter[3] / attributes.groups,
    filter: node,
  });
}

/** Winograd's transforms where they may be used and pay, otherwise sums of products as `direct` gives them. */
const orWinograd =
  (direct: (node: Node) => readonly Step[]): StepBuilder =>
  (node, { exact }) =>
    (exact ? null : winogradSteps(node)) ?? direct(node);

/** Convolutions and their gradients. */
export const convolutionSteps: StepBuilders = {
  conv2d: orWinograd(forward),
  conv2dGradInput: orWinograd(gradInput),
  conv2dGradFilter: orWinograd(gradFilter),
};
