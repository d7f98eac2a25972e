import { attributesOf, sizeOf, workspace } from '@selfcure/tensor';
import type { ConvolutionAttributes, Node } from '@selfcure/tensor';
import { isAligned } from '../plan/access.ts';
import type { Step } from '../plan/step.ts';
import { smallElements } from './builder.ts';
import type { KernelOptions, StepBuilders } from './builder.ts';
import { directForward, directGradFilter, directGradInput } from './convolution-direct.ts';
import { tiledForward, tiledGradFilter, tiledGradInput, filterTiles } from './convolution-tiled.ts';
import { reduction } from './reduce.ts';

type Shape4 = readonly [number, number, number, number];

/** What the three products of a convolution have in common: shapes of image, result and filter. */
export interface Convolution extends ConvolutionAttributes {
  readonly x: Shape4;
  readonly y: Shape4;
  readonly filter: Shape4;
}

function convolutionOf(node: Node, x: Node, y: Node, filter: Node): Convolution {
  const shapeOf = ({ shape }: Node): Shape4 => shape as unknown as Shape4;
  return { x: shapeOf(x), y: shapeOf(y), filter: shapeOf(filter), ...attributesOf<ConvolutionAttributes>(node) };
}

/** Whether tiles of registers pay: no groups, channels by fours, more work than a stage takes. */
function isTiled(node: Node, { groups, y }: Convolution): boolean {
  return (
    groups === 1 &&
    y[3] % 4 === 0 &&
    node.inputs.every(isAligned) &&
    Math.max(sizeOf(node.shape), sizeOf(y)) > smallElements
  );
}

function forward(node: Node): readonly Step[] {
  const [x, filter] = node.inputs as readonly [Node, Node];
  const convolution = convolutionOf(node, x, node, filter);
  return [isTiled(node, convolution) ? tiledForward(node, convolution) : directForward(node, convolution)];
}

function gradInput(node: Node): readonly Step[] {
  const [upstream, filter] = node.inputs as readonly [Node, Node];
  const convolution = convolutionOf(node, node, upstream, filter);
  const tiled = isTiled(node, convolution) && convolution.x[3] % 4 === 0;
  return [tiled ? tiledGradInput(node, convolution) : directGradInput(node, convolution)];
}

/** Lines of the result are shared out where the filter alone would not keep the device busy. */
function gradFilter(node: Node, options: KernelOptions): readonly Step[] {
  const [x, upstream] = node.inputs as readonly [Node, Node];
  const convolution = convolutionOf(node, x, upstream, node);
  const tiled = isTiled(node, convolution);
  const elements = sizeOf(node.shape);
  const lines = convolution.y[0] * convolution.y[1];
  const wanted = Math.floor(options.parallel / (tiled ? filterTiles(convolution) : elements));
  const share = Math.ceil(lines / Math.max(1, Math.min(wanted, lines)));
  const parts = Math.ceil(lines / share);
  const result = parts === 1 ? node : workspace([parts, elements]);
  const sums = (tiled ? tiledGradFilter : directGradFilter)(node, convolution, { result, parts });
  if (parts === 1) return [sums];
  return [sums, ...reduction(node, result, node, { outer: 1, reduced: parts, inner: elements }, options)];
}

/** Convolutions and their gradients. */
export const convolutionSteps: StepBuilders = {
  conv2d: forward,
  conv2dGradInput: gradInput,
  conv2dGradFilter: gradFilter,
};
