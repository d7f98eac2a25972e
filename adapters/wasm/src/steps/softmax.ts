import { sizeOf } from '@selfcure/tensor';
import type { Node } from '@selfcure/tensor';
import { step } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import type { StepBuilders } from './builder.ts';
import { shareOf } from './tasks.ts';

/** Of an element. */
const nanoseconds = 4;

/** Over the last axis of x: softmax, its logarithm, or one cross-entropy a row where targets are given. */
function rowSteps(x: Node, y: Node, options: { logarithm: boolean; targets?: Node }): readonly Step[] {
  const { logarithm, targets = 0 } = options;
  const length = x.shape.at(-1)!;
  const rows = sizeOf(x.shape.slice(0, -1));
  const share = shareOf(rows, length * nanoseconds);
  return [
    step(
      'softmax',
      { x, targets, y, rows, length, share, logarithm: Number(logarithm) },
      { tasks: Math.ceil(rows / share), writes: [y], scratchBytes: 8 * length + 32 },
    ),
  ];
}

/** Softmax and what is made of it. */
export const softmaxSteps: StepBuilders = {
  softmax: (node) => rowSteps(node.inputs[0]!, node, { logarithm: false }),
  logSoftmax: (node) => rowSteps(node.inputs[0]!, node, { logarithm: true }),
  softmaxCrossEntropy: (node) => rowSteps(node.inputs[0]!, node, { logarithm: true, targets: node.inputs[1]! }),
};
