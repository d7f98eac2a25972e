import type { TransitionMatrix } from '@selfcure/core';

import { DataError } from '../error/data-error.ts';

export type { TransitionMatrix } from '@selfcure/core';

/** Refuses a matrix that is not C x C with rows of shares that sum to 1 (within 1e-6). */
export function checkMatrix(matrix: TransitionMatrix, classes: readonly string[]): void {
  const count = classes.length;
  const fail = (problem: string, remedy: string): never => {
    throw new DataError({ code: 'bad-matrix', source: 'matrix', problem, remedy });
  };
  if (matrix.length !== count) {
    fail(`${matrix.length} rows for ${count} classes`, `Write one row for each of ${classes.join(', ')}`);
  }
  matrix.forEach((row, c) => {
    if (row.length !== count)
      fail(`row ${c} (${classes[c]}) has ${row.length} columns for ${count} classes`, 'Write one column a class');
    if (!row.every((share) => share >= 0 && share <= 1))
      fail(`row ${c} (${classes[c]}) holds a share outside [0, 1]`, 'Write shares');
    const sum = row.reduce((total, share) => total + share, 0);
    if (!(Math.abs(sum - 1) <= 1e-6)) fail(`row ${c} (${classes[c]}) sums to ${sum}`, 'Divide the row by its sum');
  });
}
