import { collectiveOperations } from './collective.ts';
import { contractOperations } from './contract.ts';
import { elementWiseOperations } from './element-wise.ts';
import { leafOperations } from './leaf.ts';
import { lossOperations } from './loss.ts';
import { normalizeOperations } from './normalize.ts';
import type { OperationTable } from './operation.ts';
import { optimizeOperations } from './optimize.ts';
import { poolOperations } from './pool.ts';
import { reduceOperations } from './reduce.ts';
import { shapeOperations } from './shape.ts';

/**
 * Every operation that a graph may hold, by name. Adapters, conformance suite and documentation read the same rows.
 *
 * @example
 * const operations: OperationTable = {
 *   ...operationTable,
 *   swish: { arity: 1, shape: ([x]) => x!.shape, lower: (ops, { inputs: [x] }) => ops.mul(x!, ops.sigmoid(x!)) },
 * };
 * const graph = trace((ops) => ({ y: ops.call('swish', [ops.input('x', [4])], {}) }), { operations });
 */
export const operationTable: OperationTable = {
  ...leafOperations,
  ...elementWiseOperations,
  ...reduceOperations,
  ...shapeOperations,
  ...contractOperations,
  ...poolOperations,
  ...normalizeOperations,
  ...lossOperations,
  ...optimizeOperations,
  ...collectiveOperations,
};
