import type { NamedArrays } from '@selfcure/tensor';
import type { EpochLog } from '../callback/history.ts';
import { argmax } from '../metric/argmax.ts';

/** Sums over the steps of an epoch by name, the same names after every step; plain data, so that a resumed epoch ends with the same log. */
export type Sums = Record<string, number>;

const add = (sums: Sums, name: string, value: number): void => {
  sums[name] = (sums[name] ?? 0) + value;
};

/** Adds one step. */
export function addStep(sums: Sums, outputs: NamedArrays, current: Int32Array, classes: number): void {
  add(sums, 'steps', 1);
  add(sums, 'samples', current.length);
  add(sums, 'loss', outputs['loss']![0]!);
  const p = outputs['probabilities']!;
  add(sums, 'correct', current.filter((label, row) => argmax(p, row * classes, classes) === label).length);
  for (const alpha of outputs['importance'] ?? []) add(sums, 'importance', alpha);
  for (const [name, value] of Object.entries(outputs)) {
    if (!name.startsWith('term/')) continue;
    add(sums, name, value[0]!);
    add(sums, `${name}/active`, value[0]! > 0 ? 1 : 0);
  }
}

/** The log that the sums of an epoch amount to. */
export function logOf(sums: Sums, epoch: number, learningRate: number): EpochLog {
  const steps = sums['steps'] ?? 0;
  const samples = sums['samples'] ?? 0;
  const terms = Object.keys(sums).filter((name) => name.startsWith('term/') && !name.endsWith('/active'));
  return {
    epoch,
    loss: (sums['loss'] ?? 0) / steps,
    accuracy: (sums['correct'] ?? 0) / samples,
    learningRate,
    ...Object.fromEntries(
      terms.flatMap((name) => [
        [name, sums[name]! / steps],
        [`${name}/active`, (sums[`${name}/active`] ?? 0) / steps],
      ]),
    ),
    ...(sums['importance'] !== undefined && { importance: sums['importance'] / samples }),
  };
}
