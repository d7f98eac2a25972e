import { attributesOf, sizeOf } from '@selfcure/tensor';
import type { MatmulAttributes, Node } from '@selfcure/tensor';
import { isAligned } from '../plan/access.ts';
import type { Access } from '../plan/access.ts';
import { threads } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import { smallElements } from './builder.ts';
import type { KernelOptions, StepBuilders } from './builder.ts';
import { matrix, storeRows } from './product.ts';
import type { Operand, Product } from './product.ts';
import { variantSteps } from './variant.ts';

/** Rows of the result that an invocation computes, of four columns. */
const tileRows = 4;

/** A product of matrices by tiles; null where it is computed element by element. */
export function matmulProduct(node: Node): Product | null {
  const [a, b] = node.inputs as readonly [Node, Node];
  const { transposeA, transposeB } = attributesOf<MatmulAttributes>(node);
  const [rows, columns] = node.shape as readonly [number, number];
  const terms = transposeA ? a.shape[0]! : a.shape[1]!;
  if (columns % 4 !== 0 || sizeOf(node.shape) <= smallElements) return null;
  const operand = (access: Access, value: Node, along: Operand['along'], length: number): Operand =>
    matrix(access, value, { along, length, byFours: length % 4 === 0 && isAligned(value) });
  return {
    rows,
    columns,
    terms,
    phases: 1,
    elements: rows * columns,
    code: (access) => ({
      start: '',
      terms: `${terms}u`,
      a: transposeA ? operand(access, a, 'result', rows) : operand(access, a, 'sum', terms),
      b: transposeB ? operand(access, b, 'sum', terms) : operand(access, b, 'result', columns),
      store: storeRows(access, columns),
    }),
  };
}

function matmul(node: Node, options: KernelOptions): readonly Step[] {
  const product = matmulProduct(node);
  return product ? variantSteps(node, product, options, () => [inRegisters(node)]) : [inRegisters(node)];
}

function inRegisters(node: Node): Step {
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
export const matmulSteps: StepBuilders = { matmul };
