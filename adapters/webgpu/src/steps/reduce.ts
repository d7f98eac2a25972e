import { attributesOf, sizeOf, workspace } from '@selfcure/tensor';
import type { Node, ReduceAttributes } from '@selfcure/tensor';
import { threads } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import type { KernelOptions, StepBuilder, StepBuilders } from './builder.ts';

/** Elements that one invocation adds: at most, and at least where there are more to share. */
const longest = 512;
const shortest = 64;
/** Elements of an inner sum: sums of sums round less than one running sum. */
const block = 32;

/** The axes of a value around the reduced block. */
interface Extent {
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
}

/**
 * One pass: invocation `i` stands for an element of y, [outer, parts, inner], and takes every `parts`-th row, so that neighbours
 * read neighbours.
 */
function pass(node: Node, x: Node, y: Node, { outer, reduced, inner }: Extent, parts: number): Step {
  const sums = node.op !== 'max';
  const rows = Math.ceil(reduced / parts);
  const [columns, step] = [inner * parts, inner * parts];
  return threads(node, [y], {
    threads: outer * columns,
    trips: rows,
    body: ({ at, set }) => {
      const end = `let end = (i / ${columns}u + 1u) * ${reduced * inner}u;`;
      const start = `var j = (i / ${columns}u) * ${reduced * inner}u + i % ${columns}u;`;
      if (!sums) {
        return `${end} ${start}
var value = ${at(x, 'j')};
for (j += ${step}u; j < end; j += ${step}u) { value = larger1(value, ${at(x, 'j')}); }
${set(y, 'i', 'value')}`;
      }
      return `${end} ${start}
var value = 0.0;
while (j < end) {
  var part = 0.0;
  let stop = min(end, j + ${step * block}u);
  for (; j < stop; j += ${step}u) { part += ${at(x, 'j')}; }
  value += part;
}
${set(y, 'i', 'value')}`;
    },
  });
}

/** The largest elements for a `max`, sums for every other node, in as many passes as the length asks for. */
export function reduction(
  node: Node,
  x: Node,
  y: Node,
  { outer, reduced, inner }: Extent,
  options: KernelOptions,
): readonly Step[] {
  const share = Math.min(longest, Math.max(shortest, Math.ceil((reduced * outer * inner) / options.parallel)));
  if (reduced <= 2 * share) return [pass(node, x, y, { outer, reduced, inner }, 1)];
  const parts = Math.ceil(reduced / share);
  const partial = workspace([outer, parts, inner]);
  return [
    pass(node, x, partial, { outer, reduced, inner }, parts),
    ...reduction(node, partial, y, { outer, reduced: parts, inner }, options),
  ];
}

const reduce: StepBuilder = (node, options) => {
  const { axes } = attributesOf<ReduceAttributes>(node);
  const x = node.inputs[0]!;
  const first = axes[0] ?? 0;
  const extent = {
    outer: sizeOf(x.shape.slice(0, first)),
    reduced: sizeOf(x.shape.slice(first, first + axes.length)),
    inner: sizeOf(x.shape.slice(first + axes.length)),
  };
  return reduction(node, x, node, extent, options);
};

/** Sums and maxima over adjacent axes. */
export const reduceSteps: StepBuilders = { sum: reduce, max: reduce };
