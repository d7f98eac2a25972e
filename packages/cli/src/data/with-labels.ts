import type { Dataset } from '@selfcure/core';
import { fingerprint } from '@selfcure/data';

/** The same images under other given labels. What is known to be true stays; soft labels, which belong to the old ones, do not. */
export function withLabels(data: Dataset, labels: Int32Array): Dataset {
  const { name, size, classes, shape, truth, verified, ambiguity } = data;
  return {
    name: `${name}+labels`,
    size,
    classes,
    shape,
    labels,
    ...(truth && { truth }),
    ...(verified && { verified }),
    ...(ambiguity && { ambiguity }),
    fingerprint: fingerprint({ kind: 'labels', facts: { of: data.fingerprint }, numbers: [labels] }),
    read: (ids) => data.read(ids),
  };
}
