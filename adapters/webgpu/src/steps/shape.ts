import { attributesOf, sizeOf, stridesOf } from '@selfcure/tensor';
import type { Node, PadRowsAttributes } from '@selfcure/tensor';
import { threads } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import type { StepBuilders } from './builder.ts';
import { copyStep } from './element-wise.ts';

const rowSize = (node: Node): number => sizeOf(node.shape.slice(1));

function padRows(node: Node): Step {
  const x = node.inputs[0]!;
  const from = attributesOf<PadRowsAttributes>(node).from * rowSize(node);
  const to = from + sizeOf(x.shape);
  return threads(node, [node], {
    threads: sizeOf(node.shape),
    trips: 1,
    body: ({ at, set }) => `var value = 0.0;
if (i >= ${from}u && i < ${to}u) { value = ${at(x, `i - ${from}u`)}; }
${set(node, 'i', 'value')}`,
  });
}

function concatRows(node: Node): readonly Step[] {
  let at = 0;
  return node.inputs.map((x, k) => {
    const copy = copyStep(x, node, at, k === 0 ? [node] : []);
    at += sizeOf(x.shape);
    return copy;
  });
}

function takeRows(node: Node): Step {
  const [x, index] = node.inputs as readonly [Node, Node];
  const inner = rowSize(x);
  return threads(node, [node], {
    threads: sizeOf(node.shape),
    trips: 1,
    body: ({ at, set }) => set(node, 'i', at(x, `u32(${at(index, `i / ${inner}u`)}) * ${inner}u + i % ${inner}u`)),
  });
}

/** Every element goes over the whole index: rows that are named twice are added in its order. */
function scatterRows(node: Node): Step {
  const [x, index] = node.inputs as readonly [Node, Node];
  const inner = rowSize(node);
  const count = x.shape[0]!;
  return threads(node, [node], {
    threads: sizeOf(node.shape),
    trips: count,
    body: ({ at, set }) => `let row = i32(i / ${inner}u);
var value = 0.0;
for (var r = 0u; r < ${count}u; r++) {
  if (${at(index, 'r')} == row) { value += ${at(x, `r * ${inner}u + i % ${inner}u`)}; }
}
${set(node, 'i', 'value')}`,
  });
}

function transpose(node: Node): Step {
  const { permutation } = attributesOf<{ permutation: readonly number[] }>(node);
  const x = node.inputs[0]!;
  const before = stridesOf(x.shape);
  const after = stridesOf(node.shape);
  const terms = permutation
    .map((from, to) => ({ size: node.shape[to]!, before: before[from]!, after: after[to]! }))
    .filter(({ size }) => size > 1)
    .map(({ size, before, after }) => `i / ${after}u % ${size}u * ${before}u`);
  return threads(node, [node], {
    threads: sizeOf(node.shape),
    trips: 1,
    body: ({ at, set }) => set(node, 'i', at(x, terms.join(' + ') || '0u')),
  });
}

/** Moves of elements. Reshaping and ranges of rows are views; broadcasting is element-wise. */
export const shapeSteps: StepBuilders = {
  padRows: (node) => [padRows(node)],
  concatRows,
  takeRows: (node) => [takeRows(node)],
  scatterRows: (node) => [scatterRows(node)],
  transpose: (node) => [transpose(node)],
};
