/** Arrays of a problem (see ../problem.mjs), as a side in JavaScript takes them. */
import { decodeSafetensors } from '@selfcure/core';

/**
 * @param {import('../problem.mjs').Problem} problem
 * @param {Uint8Array} bytes of its file
 * @returns {{ states: Map<string, { data: Float32Array, shape: readonly number[] }>, images: Float32Array[], labels: Int32Array[] }}
 *   first values by name; images and labels of every batch
 */
export function readArrays({ batches }, bytes) {
  const { images, labels, ...rest } = decodeSafetensors(bytes).arrays;
  const split = ({ data }) =>
    Array.from({ length: batches }, (_, i) =>
      data.slice((i * data.length) / batches, ((i + 1) * data.length) / batches),
    );
  return {
    states: new Map(Object.entries(rest).map(([name, array]) => [name.replace(/^state\//, ''), array])),
    images: split(images),
    labels: split(labels),
  };
}

/** Whether a state is trained; the others are running means and variances. */
export const isParameter = (name) => !/\/bn\/(mean|variance)$/.test(name);

/**
 * Rows with a 1 at the label.
 *
 * @param {Int32Array} labels
 * @param {number} classes
 */
export function oneHot(labels, classes) {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, i) => {
    rows[i * classes + label] = 1;
  });
  return rows;
}
