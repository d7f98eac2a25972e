import { attributesOf } from '@selfcure/tensor';
import { threads } from '../plan/step.ts';
import type { StepBuilders } from './builder.ts';

/** Ranks, by value descending, then by index. */
export const rankSteps: StepBuilders = {
  rankMask: (node) => {
    const x = node.inputs[0]!;
    const length = node.shape[0]!;
    const { count } = attributesOf<{ count: number }>(node);
    return [
      threads(node, [node], {
        threads: length,
        trips: length,
        body: ({ at, set }) => `let own = ${at(x, 'i')};
var rank = 0u;
for (var j = 0u; j < ${length}u; j++) {
  let other = ${at(x, 'j')};
  if (other > own || (other == own && j < i)) { rank++; }
}
${set(node, 'i', `select(0.0, 1.0, rank < ${count}u)`)}`,
      }),
    ];
  },
};
