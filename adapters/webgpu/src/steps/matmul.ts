import { attributesOf, sizeOf } from '@selfcure/tensor';
import type { MatmulAttributes, Node } from '@selfcure/tensor';
import { isAligned } from '../plan/access.ts';
import { threads } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import { smallElements } from './builder.ts';
import type { StepBuilders } from './builder.ts';

/** Rows of the result that an invocation computes, of four columns. */
const tileRows = 4;

function matmul(node: Node): Step {
  const [a, b] = node.inputs as readonly [Node, Node];
  const { transposeA, transposeB } = attributesOf<MatmulAttributes>(node);
  const [rows, columns] = node.shape as readonly [number, number];
  const inner = transposeA ? a.shape[0]! : a.shape[1]!;
  const indexA = (row: string): string => (transposeA ? `k * ${rows}u + ${row}` : `${row} * ${inner}u + k`);
  const byFours = columns % 4 === 0 && !transposeB && isAligned(b) && sizeOf(node.shape) > smallElements;
  if (!byFours) {
    return threads(node, [node], {
      threads: rows * columns,
      trips: inner,
      body: ({ at, set }) => `let row = i / ${columns}u;
let column = i % ${columns}u;
var sum = 0.0;
for (var k = 0u; k < ${inner}u; k++) {
sum += ${at(a, indexA('row'))} * ${at(b, transposeB ? `column * ${inner}u + k` : `k * ${columns}u + column`)};
}
${set(node, 'i', 'sum')}`,
    });
  }
  const tile = Array.from({ length: tileRows }, (_, r) => r);
  return threads(node, [node], {
    threads: Math.ceil(rows / tileRows) * (columns / 4),
    trips: inner,
    body: ({ at, vector, setVector }) => `let column = i % ${columns / 4}u;
let first = i / ${columns / 4}u * ${tileRows}u;
${tile.map((r) => `let row${r} = min(first + ${r}u, ${rows - 1}u);\nvar sum${r} = vec4f(0.0);`).join('\n')}
for (var k = 0u; k < ${inner}u; k++) {
let right = ${vector(b, `k * ${columns / 4}u + column`)};
${tile.map((r) => `sum${r} += ${at(a, indexA(`row${r}`))} * right;`).join('\n')}
}
${tile.map((r) => `if (first + ${r}u < ${rows}u) { ${setVector(node, `row${r} * ${columns / 4}u + column`, `sum${r}`)} }`).join('\n')}`,
  });
}

/** Products of matrices. */
export const matmulSteps: StepBuilders = { matmul: (node) => [matmul(node)] };
