import { DataError } from '../error/data-error.ts';

/** Refuses sample ids that are not whole numbers in [0, size). */
export function checkIds(ids: ArrayLike<number>, size: number, source: string): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (!Number.isInteger(id) || id < 0 || id >= size) {
      throw new DataError({
        code: 'bad-sample',
        source,
        problem: `sample id ${id} (position ${i}) is not a whole number in [0, ${size})`,
        remedy: 'Pass ids of samples in this data set',
      });
    }
  }
}
