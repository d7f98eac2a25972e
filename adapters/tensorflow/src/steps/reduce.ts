import { attributesOf } from '@selfcure/tensor';
import type { ReduceAttributes } from '@selfcure/tensor';
import { bool } from '../plan/attributes.ts';
import type { Builder } from './builder.ts';

const reduction =
  (name: string): Builder =>
  (node, e) => {
    const { axes, keepDims } = attributesOf<ReduceAttributes>(node);
    const x = e.value(node.inputs[0]!);
    // Without axes the value is its own sum.
    const value = axes.length
      ? e.apply(name, [x, e.ints(axes)], { shape: node.shape }, [bool('keep_dims', keepDims)])
      : x;
    e.define(node, value);
  };

/** Reductions over a block of axes. */
export const reduceBuilders: Readonly<Record<string, Builder>> = { sum: reduction('Sum'), max: reduction('Max') };
