import type { NamedArrays } from '@selfcure/tensor';
import type { NonFiniteEvent } from '../callback/callback.ts';

const remedy = 'no label was changed. Lower the learning rate or clip gradients; terminateOnNaN() keeps the last epoch';

/** The samples of a step whose loss, probabilities or importance are no numbers; null where all is well. */
export function findNonFinite(
  outputs: NamedArrays,
  ids: Int32Array,
  epoch: number,
  step: number,
): NonFiniteEvent | null {
  const bad = new Set<number>();
  const where = new Set<string>();
  for (const name of ['perSample', 'probabilities', 'importance']) {
    const values = outputs[name];
    if (!values) continue;
    const width = values.length / ids.length;
    values.forEach((value, i) => {
      if (Number.isFinite(value)) return;
      bad.add(ids[Math.floor(i / width)]!);
      where.add(name === 'perSample' ? 'loss' : name);
    });
  }
  if (bad.size === 0 && Number.isFinite(outputs['objective']![0]!)) return null;
  const samples = [...bad];
  const shown = some(samples);
  return {
    epoch,
    step,
    samples,
    message:
      `epoch ${epoch}, step ${step + 1}: ${[...where].join(' and ') || 'a term of the loss'} of sample(s) ${shown || 'none in particular'} ` +
      `is not a number; ${remedy}`,
  };
}

/** The first of some names or numbers. */
function some(items: readonly (string | number)[]): string {
  return items.slice(0, 5).join(', ') + (items.length > 5 ? `, and ${items.length - 5} more` : '');
}

/** The states of the network that are no numbers after an epoch; null where all is well. Outputs may hide them. */
export function findNonFiniteWeights(weights: NamedArrays, epoch: number, step: number): NonFiniteEvent | null {
  const names = Object.keys(weights).filter((name) => !weights[name]!.every(Number.isFinite));
  if (names.length === 0) return null;
  const shown = some(names);
  return {
    epoch,
    step,
    samples: [],
    message: `epoch ${epoch}: after its steps ${shown} hold values that are no numbers; ${remedy}`,
  };
}
