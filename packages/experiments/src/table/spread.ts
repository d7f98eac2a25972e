import type { Result } from '../execute/job.ts';

/** Mean of some values and their standard deviation, with n - 1; null of none. */
export function spreadOfValues(
  values: readonly number[],
): { readonly mean: number; readonly standardDeviation: number | null } | null {
  if (values.length === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardDeviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null };
}

/** Mean and standard deviation of a figure over results; null where none has it. */
export const spreadOf = (
  results: readonly Result[],
  key: string,
): { readonly mean: number; readonly standardDeviation: number | null } | null =>
  spreadOfValues(results.flatMap(({ outcome }) => outcome.figures[key] ?? []));
