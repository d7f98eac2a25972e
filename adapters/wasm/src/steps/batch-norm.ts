import { attributesOf, sizeOf, workspace } from '@selfcure/tensor';
import type { Node, NormalizeOptions, ReluGradient } from '@selfcure/tensor';
import { step } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import type { StepBuilders } from './builder.ts';
import { sumParts } from './sum-parts.ts';
import { shareOf } from './tasks.ts';

/** Of an element in a sweep. */
const nanoseconds = 0.4;
/** Least elements of a long row: see kernels/batch-norm.ts. */
const periodElements = 64;

interface Rows {
  readonly rows: number;
  readonly channels: number;
}

/** All axes but the last as one. */
const rowsOf = ({ shape }: Node): Rows => ({ rows: sizeOf(shape.slice(0, -1)), channels: shape.at(-1)! });

/** Rows of a long row, which is whole vectors, and the ranges of rows that tasks take. */
function sweepOf({ rows, channels }: Rows): { repeat: number; share: number; tasks: number; periodBytes: number } {
  const vectors = channels % 4 === 0 ? 1 : channels % 2 === 0 ? 2 : 4;
  const repeat = vectors * Math.ceil(periodElements / (vectors * channels));
  const share = repeat * shareOf(Math.ceil(rows / repeat), repeat * channels * nanoseconds);
  return { repeat, share, tasks: Math.ceil(rows / share), periodBytes: 4 * repeat * channels };
}

function statistics(node: Node): readonly Step[] {
  const x = node.inputs[0]!;
  const { rows, channels } = rowsOf(x);
  const { repeat, share, tasks, periodBytes } = sweepOf({ rows, channels });
  const { epsilon } = attributesOf<{ epsilon: number }>(node);
  const partial = workspace([tasks, 3, channels]);
  return [
    step(
      'channelMoments',
      { x, partial, rows, channels, share, repeat },
      { tasks, writes: [partial], scratchBytes: 5 * periodBytes },
    ),
    step(
      'channelStatistics',
      { partial, statistics: node, parts: tasks, rows, channels, share, epsilon },
      { tasks: 1, writes: [node] },
    ),
  ];
}

/** The step of a `bnApply` and what follows it; `y` is the value of the last operation. */
export function normalizeSteps(
  bnApply: Node,
  y: Node,
  { residual, relu = false }: NormalizeOptions = {},
): readonly Step[] {
  const [x, statistics, scale, offset] = bnApply.inputs as readonly [Node, Node, Node, Node];
  const { rows, channels } = rowsOf(x);
  const { repeat, share, tasks, periodBytes } = sweepOf({ rows, channels });
  return [
    step(
      'normalize',
      { x, statistics, scale, offset, residual: residual ?? 0, y, rows, channels, share, repeat, relu: Number(relu) },
      { tasks, writes: [y], scratchBytes: 4 * periodBytes },
    ),
  ];
}

/** Steps of a `bnGradReduce`, with the ReLU's gradient in the same sweep where one is given. */
export function gradientSumSteps(node: Node, relu?: ReluGradient): readonly Step[] {
  const [x, given, statistics] = node.inputs as readonly [Node, Node, Node];
  const { rows, channels } = rowsOf(x);
  const { repeat, share, tasks, periodBytes } = sweepOf({ rows, channels });
  const [, , scale, offset] = relu?.bnApply?.inputs ?? [];
  const partial = tasks === 1 ? node : workspace([tasks, 2, channels]);
  return [
    step(
      'normalizationGradientSums',
      {
        x,
        statistics,
        upstream: relu?.upstream ?? given,
        addend: relu?.addend ?? 0,
        y: relu?.y ?? 0,
        scale: scale ?? 0,
        offset: offset ?? 0,
        d: relu?.d ?? 0,
        partial,
        rows,
        channels,
        share,
        repeat,
      },
      { tasks, writes: relu?.d ? [partial, relu.d] : [partial], scratchBytes: 6 * periodBytes },
    ),
    ...sumParts(partial, node),
  ];
}

/** The step of a `bnGradInput`; with the gradient of the ReLU that follows `bnApply` in the same sweep where one is given. */
export function gradientSteps(node: Node, relu?: { readonly upstream: Node; readonly bnApply: Node }): readonly Step[] {
  const [x, given, statistics, scale, sums] = node.inputs as readonly [Node, Node, Node, Node, Node];
  const { rows, channels } = rowsOf(x);
  const { repeat, share, tasks, periodBytes } = sweepOf({ rows, channels });
  return [
    step(
      'normalizationGradient',
      {
        x,
        statistics,
        upstream: relu?.upstream ?? given,
        scale,
        offset: relu?.bnApply.inputs[3] ?? 0,
        sums,
        dx: node,
        rows,
        channels,
        share,
        repeat,
      },
      { tasks, writes: [node], scratchBytes: 6 * periodBytes },
    ),
  ];
}

/** Batch normalization; what is fused with it: fuse/batch-norm.ts. */
export const batchNormSteps: StepBuilders = {
  bnStats: statistics,
  bnApply: (node) => normalizeSteps(node, node),
  bnGradReduce: (node) => gradientSumSteps(node),
  bnGradInput: (node) => gradientSteps(node),
};
