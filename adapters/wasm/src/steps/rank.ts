import { attributesOf } from '@selfcure/tensor';
import { step } from '../plan/step.ts';
import type { StepBuilders } from './builder.ts';
import { shareOf } from './tasks.ts';

/** Of a comparison. */
const nanoseconds = 0.4;

/** Ranks. */
export const rankSteps: StepBuilders = {
  rankMask: (node) => {
    const length = node.shape[0]!;
    const share = 4 * shareOf(Math.ceil(length / 4), 4 * length * nanoseconds);
    const { count } = attributesOf<{ count: number }>(node);
    return [
      step(
        'rankMask',
        { values: node.inputs[0]!, mask: node, length, count, share },
        { tasks: Math.ceil(length / share), writes: [node] },
      ),
    ];
  },
};
