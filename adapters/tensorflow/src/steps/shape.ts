import { attributesOf } from '@selfcure/tensor';
import type { PadRowsAttributes } from '@selfcure/tensor';
import { int, type } from '../plan/attributes.ts';
import { dataType } from '../native/binding.ts';
import type { Builder } from './builder.ts';

/** Operations that move elements. */
export const shapeBuilders: Readonly<Record<string, Builder>> = {
  padRows: (node, e) => {
    const { from, rows } = attributesOf<PadRowsAttributes>(node);
    const { shape } = node.inputs[0]!;
    const paddings = [from, rows - from - shape[0]!, ...shape.slice(1).flatMap(() => [0, 0])];
    const inputs = [e.value(node.inputs[0]!), e.ints(paddings, [shape.length, 2])];
    e.define(node, e.apply('Pad', inputs, { shape: node.shape }));
  },
  concatRows: (node, e) => {
    const parts = node.inputs.map((input) => e.value(input));
    if (parts.length === 1) return e.define(node, parts[0]!);
    const attributes = [type('T', dataType.float32), type('Tidx', dataType.int32), int('N', parts.length)];
    e.define(node, e.apply('ConcatV2', [...parts, e.ints([0], [])], { shape: node.shape }, attributes));
  },
  takeRows: (node, e) => {
    const [x, index] = node.inputs.map((input) => e.value(input)) as [number, number];
    e.define(node, e.apply('GatherV2', [x, index, e.ints([0], [])], { shape: node.shape }));
  },
  scatterRows: (node, e) => {
    const [x, index] = node.inputs.map((input) => e.value(input)) as [number, number];
    const { rows } = attributesOf<{ rows: number }>(node);
    e.define(node, e.apply('UnsortedSegmentSum', [x, index, e.ints([rows], [])], { shape: node.shape }));
  },
  transpose: (node, e) => {
    const { permutation } = attributesOf<{ permutation: readonly number[] }>(node);
    const x = e.value(node.inputs[0]!);
    e.define(node, permutation.length > 1 ? e.apply('Transpose', [x, e.ints(permutation)], { shape: node.shape }) : x);
  },
  broadcastTo: (node, e) =>
    e.define(node, e.apply('BroadcastTo', [e.value(node.inputs[0]!), e.ints(node.shape)], { shape: node.shape })),
};
