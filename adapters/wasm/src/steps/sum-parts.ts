import { sizeOf } from '@selfcure/tensor';
import type { Node } from '@selfcure/tensor';
import { step } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import { shareOf } from './tasks.ts';

/** Adds parts [count, ...shape of the sum] up in their order; nothing where the only part is the sum itself. */
export function sumParts(parts: Node, sum: Node): Step[] {
  if (parts === sum) return [];
  const length = sizeOf(sum.shape);
  const count = parts.shape[0]!;
  const share = 4 * shareOf(Math.ceil(length / 4), count);
  return [step('sumParts', { parts, sum, count, length, share }, { tasks: Math.ceil(length / share), writes: [sum] })];
}
