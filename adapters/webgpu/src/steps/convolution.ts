import { attributesOf, sizeOf, workspace } from '@selfcure/tensor';
import type { ConvolutionAttributes, Node } from '@selfcure/tensor';
import { isAligned } from '../plan/access.ts';
import type { Step } from '../plan/step.ts';
import { smallElements } from './builder.ts';
import type { KernelOptions, StepBuilders } from './builder.ts';
import { directForward, directGradFilter, directGradInput } from './convolution-direct.ts';
import { forwardProduct, gradFilterProduct, gradInputProduct } from './convolution-product.ts';
import { tiledForward, tiledGradFilter, tiledGradInput, filterTiles } from './convolution-tiled.ts';
import type { Product } from './product.ts';
import { reduction } from './reduce.ts';
import { variantSteps } from './variant.ts';

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

/** Shapes of a convolution or of one of its gradients. */
function convolutionAt(node: Node): Convolution {
  const [a, b] = node.inputs as readonly [Node, Node];
  switch (node.op) {
    case 'conv2dGradInput':
      return convolutionOf(node, node, a, b);
    case 'conv2dGradFilter':
      return convolutionOf(node, a, b, node);
    default:
      return convolutionOf(node, a, node, b);
  }
}

const productMakers = {
  conv2d: forwardProduct,
  conv2dGradInput: gradInputProduct,
  conv2dGradFilter: gradFilterProduct,
};

/** A convolution, or one of its gradients, as a product of matrices; null where it is computed element by element. */
export function convolutionProduct(node: Node): Product | null {
  const convolution = convolutionAt(node);
  if (!isTiled(node, convolution)) return null;
  if (node.op === 'conv2dGradInput' && convolution.x[3] % 4 !== 0) return null;
  return productMakers[node.op as keyof typeof productMakers](node, convolution);
}

function forward(node: Node, options: KernelOptions): readonly Step[] {
  const convolution = convolutionAt(node);
  const product = convolutionProduct(node);
  if (!product) return [directForward(node, convolution)];
  return variantSteps(node, product, options, () => [tiledForward(node, convolution)]);
}

function gradInput(node: Node, options: KernelOptions): readonly Step[] {
  const convolution = convolutionAt(node);
  const product = convolutionProduct(node);
  if (!product) return [directGradInput(node, convolution)];
  return variantSteps(node, product, options, () => [tiledGradInput(node, convolution)]);
}

function gradFilter(node: Node, options: KernelOptions): readonly Step[] {
  const product = convolutionProduct(node);
  if (!product) return summedByLines(node, false, options);
  return variantSteps(node, product, options, () => summedByLines(node, true, options));
}

/** The gradient of a filter. Lines of the result are shared out where the filter alone would not keep the device busy. */
function summedByLines(node: Node, tiled: boolean, options: KernelOptions): readonly Step[] {
  const convolution = convolutionAt(node);
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
