import { attributesOf, sizeOf, workspace } from '@selfcure/tensor';
import type { Node, ReduceAttributes } from '@selfcure/tensor';
import { step } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import type { StepBuilder, StepBuilders } from './builder.ts';
import { shareOf } from './tasks.ts';

type Kernel = 'reduceSum' | 'reduceMaximum';

/** Columns that a task takes at most: three rows of them stay in the first-level cache. */
const maxColumns = 1024;
/** Rows of a level of sums: parts are whole levels. See kernels/reduce.ts. */
const levelRows = 64;
/** Bytes of the three levels that a task keeps; narrow columns are grouped to fewer than 256. */
const scratchBytes = 3 * (4 * maxColumns + 128);
/** An element. */
const nanoseconds = 0.1;

function reduction(kernel: Kernel): StepBuilder {
  return (node) => {
    const { axes } = attributesOf<ReduceAttributes>(node);
    const x = node.inputs[0]!;
    const first = axes[0] ?? 0;
    const outer = sizeOf(x.shape.slice(0, first));
    const reduced = sizeOf(x.shape.slice(first, first + axes.length));
    const inner = sizeOf(x.shape.slice(first + axes.length));
    const columns = Math.min(inner, maxColumns);

    // Parts only where outer and inner axes are too short to give every thread enough.
    const pieces = outer * Math.ceil(inner / columns);
    const share = shareOf(pieces * reduced, columns * nanoseconds);
    const level = inner === 1 ? 16 * levelRows : levelRows;
    const length = share < reduced / 2 ? Math.min(reduced, level * Math.ceil(share / level)) : reduced;
    const parts = Math.ceil(reduced / length);
    if (parts === 1) return [reduce(kernel, x, node, { outer, reduced, inner, columns, length: reduced, share })];
    const partial = workspace([outer, parts, inner]);
    return [
      reduce(kernel, x, partial, { outer, reduced, inner, columns, length, share }),
      reduce(kernel, partial, node, { outer, reduced: parts, inner, columns, length: parts, share: parts * outer }),
    ];
  };
}

interface Extent {
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
  readonly columns: number;
  /** Of the reduced axis, in a part. */
  readonly length: number;
  /** Rows of `columns` floats of a task. */
  readonly share: number;
}

function reduce(kernel: Kernel, x: Node, y: Node, { outer, reduced, inner, columns, length, share }: Extent): Step {
  const parts = Math.ceil(reduced / length);
  const rows = Math.min(outer, Math.max(1, Math.floor(share / length)));
  return step(
    kernel,
    { x, y, outer, reduced, inner, parts, length, rows, columns },
    {
      tasks: Math.ceil(outer / rows) * parts * Math.ceil(inner / columns),
      writes: [y],
      scratchBytes: inner === 1 ? 0 : scratchBytes,
    },
  );
}

/** Sums and maxima over adjacent axes. */
export const reduceSteps: StepBuilders = { sum: reduction('reduceSum'), max: reduction('reduceMaximum') };
