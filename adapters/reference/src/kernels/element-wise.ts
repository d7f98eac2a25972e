import { operationTable, sizeOf, stridesOf } from '@selfcure/tensor';
import type { Kernel, Shape } from '@selfcure/tensor';

/** For every element of `shape`, the position of the element of `from` that broadcasts to it. */
export function broadcastIndex(shape: Shape, from: Shape): Int32Array {
  const index = new Int32Array(sizeOf(shape));
  const outer = stridesOf(shape);
  const inner = stridesOf(from);
  const added = shape.length - from.length;
  for (let i = 0; i < index.length; i++) {
    let position = 0;
    for (let axis = 0; axis < from.length; axis++) {
      if (from[axis] !== 1) position += (Math.floor(i / outer[axis + added]!) % shape[axis + added]!) * inner[axis]!;
    }
    index[i] = position;
  }
  return index;
}

/** The formula of the operation table at every element. */
const elementWise: Kernel<Float64Array> = (node, inputs) => {
  const evaluate = operationTable[node.op]!.evaluate!;
  const value = new Float64Array(sizeOf(node.shape));
  const index = node.inputs.map((input) => broadcastIndex(node.shape, input.shape));
  const [a, b = a, c = a] = inputs as [Float64Array, Float64Array?, Float64Array?];
  const [ia, ib = ia, ic = ia] = index as [Int32Array, Int32Array?, Int32Array?];
  for (let i = 0; i < value.length; i++) value[i] = evaluate(a[ia[i]!]!, b![ib![i]!]!, c![ic![i]!]!);
  return value;
};

/** One kernel for every element-wise operation. */
export const elementWiseKernels: Readonly<Record<string, Kernel<Float64Array>>> = Object.fromEntries(
  Object.entries(operationTable)
    .filter(([, operation]) => operation.kind === 'element-wise')
    .map(([op]) => [op, elementWise]),
);
