import type { Node } from '../graph.ts';
import { operationTable } from '../operations/table.ts';

/** Whether an operation takes its second input as numbers of rows; all others compute with float32. */
const takesRows = (node: Node): boolean => node.op === 'takeRows' || node.op === 'scatterRows';

/**
 * The claims of an engine that follows views by itself and computes with float32 alone: leaves, views, and the operations that
 * it has steps for. What would be garbage in silence is refused: arithmetic on i32 values, values without elements.
 *
 * @param hasSteps whether the engine has steps for an operation.
 * @example const claims = stepClaims((op) => Object.hasOwn(stepBuilders, op));
 */
export function stepClaims(hasSteps: (op: string) => boolean): (node: Node) => true | string {
  return (node) => {
    const kind = operationTable[node.op]?.kind;
    // An effect has no value: its own shape says nothing.
    const values = kind === 'effect' ? node.inputs : [node, ...node.inputs];
    if (values.some(({ shape }) => shape.includes(0))) return 'a value of it has no elements';
    if (kind === 'leaf' || (kind === 'view' && node.op !== 'stopGradient')) return true;
    if (node.inputs.some(({ dtype }, i) => dtype === 'i32' && !(takesRows(node) && i === 1)))
      return 'it computes with float32, and an input is i32. Upload that input as f32';
    return hasSteps(node.op) || `it has no kernel '${node.op}'`;
  };
}
