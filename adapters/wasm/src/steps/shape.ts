import { attributesOf, sizeOf, stridesOf } from '@selfcure/tensor';
import type { Node, PadRowsAttributes } from '@selfcure/tensor';
import { step } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import type { StepBuilders } from './builder.ts';
import { copyStep } from './move.ts';
import { shareOf } from './tasks.ts';

/** Nanoseconds an element: in order, and from row to column. */
const moved = 0.1;
const turned = 0.3;
/** Columns that the kernel `transpose` takes at a time: a line of the cache. */
const strip = 16;

const rowSize = (node: Node): number => sizeOf(node.shape.slice(1));

function padRows(node: Node): readonly Step[] {
  const x = node.inputs[0]!;
  const before = 4 * attributesOf<PadRowsAttributes>(node).from * rowSize(node);
  const total = 4 * sizeOf(node.shape);
  const share = 4 * shareOf(total / 4, moved);
  const words = { x, y: node, before, bytes: 4 * sizeOf(x.shape), total, share };
  return [step('padRows', words, { tasks: Math.ceil(total / share), writes: [node] })];
}

function concatRows(node: Node): readonly Step[] {
  let bytes = 0;
  return node.inputs.map((x, i) => {
    const length = 4 * sizeOf(x.shape);
    const share = 4 * shareOf(length / 4, moved);
    const words = { from: x, to: { node, bytes }, bytes: length, share };
    bytes += length;
    return step('copy', words, { tasks: Math.ceil(length / share), writes: i === 0 ? [node] : [] });
  });
}

function takeRows(node: Node): readonly Step[] {
  const [x, index] = node.inputs as [Node, Node];
  const count = sizeOf(index.shape);
  const inner = rowSize(x);
  const share = shareOf(count, inner * moved);
  const words = { x, index, y: node, count, inner, rows: count, share };
  return [step('takeRows', words, { tasks: Math.ceil(count / share), writes: [node] })];
}

function scatterRows(node: Node): readonly Step[] {
  const [x, index] = node.inputs as [Node, Node];
  const rows = node.shape[0]!;
  const count = x.shape[0]!;
  const inner = rowSize(node);
  // Every task goes over the whole index: rows that are named twice are added in its order.
  const share = strip * shareOf(Math.ceil(inner / strip), strip * (count + rows) * moved);
  const words = { x, index, y: node, count, inner, rows, share };
  return [step('scatterRows', words, { tasks: Math.ceil(inner / share), writes: [node] })];
}

/** An axis of a transposed value: its length, and elements between neighbours before and after. */
interface Axis {
  readonly size: number;
  readonly before: number;
  readonly after: number;
}

/** Axes of the result of a transpose; what stays together is one axis. */
function transposedAxes(node: Node): Axis[] {
  const { permutation } = attributesOf<{ permutation: readonly number[] }>(node);
  const before = stridesOf(node.inputs[0]!.shape);
  const after = stridesOf(node.shape);
  const axes: Axis[] = [];
  permutation.forEach((from, to) => {
    const axis = { size: node.shape[to]!, before: before[from]!, after: after[to]! };
    const last = axes.at(-1);
    if (axis.size === 1) return;
    if (last && last.before === axis.size * axis.before)
      axes[axes.length - 1] = { ...axis, size: last.size * axis.size };
    else axes.push(axis);
  });
  return axes;
}

function transpose(node: Node): readonly Step[] {
  const x = node.inputs[0]!;
  const axes = transposedAxes(node);
  const last = axes.at(-1);
  if (!last || axes.length === 1) return [copyStep(x, node)];
  // The elements of a row lie together before, those of a column after. Where the last axis stays, rows are moved
  // whole.
  const kept = last.before === 1;
  const row = kept ? last : axes.find(({ before }) => before === 1)!;
  const rows = kept ? 1 : last.size;
  const outerAxes = axes.filter((axis) => axis !== row && axis !== last);
  const outer = outerAxes.reduce((product, { size }) => product * size, 1);
  const strips = Math.ceil(row.size / strip);
  const share = shareOf(outer * strips, strip * rows * (kept ? moved : turned));
  const matrices = Math.max(1, Math.floor(share / strips));
  const columns = strip * Math.min(strips, share);
  return [
    step(
      'transpose',
      {
        x,
        y: node,
        axes: Int32Array.from([
          ...outerAxes.map(({ size }) => size),
          ...outerAxes.map(({ before }) => before),
          ...outerAxes.map(({ after }) => after),
        ]),
        outerRank: outerAxes.length,
        outer,
        rows,
        columns: row.size,
        rowStride: last.before,
        columnStride: row.after,
        share: columns,
        matrices,
      },
      { tasks: Math.ceil(row.size / columns) * Math.ceil(outer / matrices), writes: [node] },
    ),
  ];
}

/** Moves of elements. Reshaping and ranges of rows are views; broadcasting is element-wise. */
export const shapeSteps: StepBuilders = {
  padRows: (node) => padRows(node),
  concatRows: (node) => concatRows(node),
  takeRows: (node) => takeRows(node),
  scatterRows: (node) => scatterRows(node),
  transpose: (node) => transpose(node),
};
