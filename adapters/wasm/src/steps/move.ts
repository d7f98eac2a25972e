import { sizeOf } from '@selfcure/tensor';
import type { Node } from '@selfcure/tensor';
import { step } from '../plan/step.ts';
import type { Step, Word } from '../plan/step.ts';

const share = 2 ** 16;

/** Copies a whole value. */
export function copyStep(from: Word, to: Node): Step {
  const bytes = 4 * sizeOf(to.shape);
  return step('copy', { from, to, bytes, share }, { tasks: Math.ceil(bytes / share), writes: [to] });
}
