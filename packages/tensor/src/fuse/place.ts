import type { Node, Shape } from '../graph.ts';
import { sizeOf } from '../shape.ts';
import { attributesOf } from '../operations/operation.ts';
import type { RowsAttributes } from '../operations/shape.ts';

/** A place inside a value: `bytes` from its start. */
export interface Place {
  readonly node: Node;
  readonly bytes: number;
}

/**
 * Follows views (`reshape`, `rows`) to the value that holds the memory.
 *
 * @example resolve({ node: ops.rows(x, 2, 3), bytes: 0 }); // { node: x, bytes: 2 * 4 * elements of a row }
 */
export function resolve({ node, bytes }: Place): Place {
  while (node.op === 'reshape' || node.op === 'rows') {
    const input = node.inputs[0]!;
    if (node.op === 'rows') {
      bytes += 4 * attributesOf<RowsAttributes>(node).from * sizeOf(input.shape.slice(1));
    }
    node = input;
  }
  return { node, bytes };
}

/**
 * The value under a node that only changes its shape.
 *
 * @example unshaped(ops.reshape(x, [4, 3])); // x
 */
export function unshaped(node: Node): Node {
  while (node.op === 'reshape') node = node.inputs[0]!;
  return node;
}

/**
 * A value that exists between the steps of an engine only, such as transformed filters: memory for as long as steps use it.
 *
 * @example const partial = workspace([tasks, channels]);
 */
export function workspace(shape: Shape): Node {
  return { id: -1, op: 'workspace', inputs: [], attributes: {}, shape, dtype: 'f32', layer: '' };
}
