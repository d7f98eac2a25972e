import { attributesOf } from '@selfcure/tensor';
import type { Node, PoolAttributes } from '@selfcure/tensor';
import { int } from '../plan/attributes.ts';
import type { OpAttribute } from '../native/binding.ts';
import type { Builder } from './builder.ts';
import { windowAttributes } from './windows.ts';

const attributesFor = (node: Node): OpAttribute[] => {
  const window = attributesOf<PoolAttributes>(node);
  return [int('ksize', [1, ...window.size, 1]), ...windowAttributes(window, node.inputs[0]!.shape)];
};

/** Largest elements of windows. */
export const poolBuilders: Readonly<Record<string, Builder>> = {
  maxPool: (node, e) =>
    e.define(node, e.apply('MaxPool', [e.value(node.inputs[0]!)], { shape: node.shape }, attributesFor(node))),
  maxPoolGrad: (node, e) => {
    const inputs = node.inputs.map((input) => e.value(input));
    e.define(node, e.apply('MaxPoolGrad', inputs, { shape: node.shape }, attributesFor(node)));
  },
};
