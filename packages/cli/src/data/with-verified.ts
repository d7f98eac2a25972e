import type { Dataset } from '@selfcure/core';
import { fingerprint } from '@selfcure/data';

/** The same data with labels that a person has verified, -1 elsewhere. */
export function withVerified(data: Dataset, verified: Int32Array): Dataset {
  const { name, size, classes, shape, labels, truth, soft, ambiguity } = data;
  return {
    name,
    size,
    classes,
    shape,
    labels,
    verified,
    ...(truth && { truth }),
    ...(soft && { soft }),
    ...(ambiguity && { ambiguity }),
    fingerprint: fingerprint({ kind: 'verified', facts: { of: data.fingerprint }, numbers: [verified] }),
    read: (ids) => data.read(ids),
  };
}
