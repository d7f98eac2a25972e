import { sizeOf, workspace } from '@selfcure/tensor';
import type { ConvolutionAttributes, Node } from '@selfcure/tensor';
import { step } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import { sumParts } from './sum-parts.ts';
import { shareOf } from './tasks.ts';

/** Whether every channel has a filter of its own. */
export function isDepthwise(filter: Node, { groups }: ConvolutionAttributes): boolean {
  return groups > 1 && filter.shape[2] === 1 && filter.shape[3] === groups;
}

/** Along one axis: element i and tap k meet element (i multiply + k step + offset) / divide. */
interface Meet {
  readonly multiply: number;
  readonly offset: number;
  readonly divide: number;
}

/** Nanoseconds that four channels of one element and one tap take. */
const nanosecondsOfVector = 0.8;

/** Every element of y: the sum over taps of the filter times the elements of x that they meet. */
export function depthwiseProduct({
  x,
  filter,
  y,
  step: direction,
  meets,
}: {
  x: Node;
  filter: Node;
  y: Node;
  step: 1 | -1;
  /** Vertical and horizontal. */
  meets: readonly Meet[];
}): Step[] {
  const [n, outHeight, outWidth, channels] = y.shape as [number, number, number, number];
  const [filterHeight, filterWidth] = filter.shape as [number, number];
  const [vertical, horizontal] = meets as [Meet, Meet];
  const rows = n * outHeight;
  const taps = filterHeight * filterWidth;
  const share = shareOf(rows, outWidth * taps * Math.ceil(channels / 4) * nanosecondsOfVector);
  return [
    step(
      'depthwise',
      {
        x,
        filter,
        y,
        channels,
        height: x.shape[1]!,
        width: x.shape[2]!,
        filterHeight,
        filterWidth,
        outHeight,
        outWidth,
        step: direction,
        multiplyHeight: vertical.multiply,
        multiplyWidth: horizontal.multiply,
        offsetHeight: vertical.offset,
        offsetWidth: horizontal.offset,
        divideHeight: vertical.divide,
        divideWidth: horizontal.divide,
        rows,
        share,
      },
      { tasks: Math.ceil(rows / share), writes: [y], scratchBytes: 8 * taps },
    ),
  ];
}

/** The gradient for the filter of every channel. */
export function depthwiseGradFilter(
  x: Node,
  upstream: Node,
  filter: Node,
  { stride, padding }: ConvolutionAttributes,
): Step[] {
  const [n, outHeight, outWidth, channels] = upstream.shape as [number, number, number, number];
  const [filterHeight, filterWidth] = filter.shape as [number, number];
  const rows = n * outHeight;
  const nanoseconds = outWidth * filterHeight * filterWidth * Math.ceil(channels / 4) * nanosecondsOfVector;
  const share = Math.max(shareOf(rows, nanoseconds), Math.ceil(rows / 16));
  const tasks = Math.ceil(rows / share);
  const parts = tasks > 1 ? workspace([tasks, sizeOf(filter.shape)]) : filter;
  return [
    step(
      'depthwiseFilterGradient',
      {
        x,
        upstream,
        parts,
        channels,
        height: x.shape[1]!,
        width: x.shape[2]!,
        filterHeight,
        filterWidth,
        outHeight,
        outWidth,
        strideHeight: stride[0],
        strideWidth: stride[1],
        top: padding[0],
        left: padding[2],
        rows,
        share,
      },
      { tasks, writes: [parts] },
    ),
    ...sumParts(parts, filter),
  ];
}
