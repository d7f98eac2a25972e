import type { Ops } from '@selfcure/tensor';
import { OptionError } from '../errors.ts';
import type { ParameterGradient } from './optimizer.ts';

/** Bounds of the gradients: of their common L2 norm, or of every element. */
export interface GradientClipping {
  readonly norm?: number;
  readonly value?: number;
}

/**
 * Clips gradients as PyTorch does: `value` bounds every element; `norm` scales all by min(1, norm / (their norm + 1e-6)).
 *
 * @throws OptionError where a bound is not positive.
 */
export function clipGradients(
  ops: Ops,
  parameters: readonly ParameterGradient[],
  { norm, value }: GradientClipping,
): ParameterGradient[] {
  for (const bound of [norm, value]) {
    if (bound !== undefined && !(bound > 0)) throw new OptionError(`clip: bound ${bound} is not positive`);
  }
  return ops.scope('clip', () => {
    const bounded =
      value === undefined
        ? [...parameters]
        : parameters.map((entry) => ({ ...entry, gradient: ops.maximum(ops.minimum(entry.gradient, value), -value) }));
    if (norm === undefined) return bounded;
    const squares = bounded.map(({ gradient }) => ops.sum(ops.square(gradient)));
    const total = ops.sqrt(squares.reduce((sum, square) => ops.add(sum, square)));
    const scale = ops.minimum(ops.div(norm, ops.add(total, 1e-6)), 1);
    return bounded.map((entry) => ({ ...entry, gradient: ops.mul(entry.gradient, scale) }));
  });
}
