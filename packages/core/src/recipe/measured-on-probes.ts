import type { Method } from '../method.ts';
import { gatedRelabel } from '../relabel/gated-relabel.ts';
import type { GateReading } from '../relabel/gated-relabel.ts';
import { withProbes } from './with-probes.ts';
import { withRelabel } from './with-relabel.ts';

/**
 * The same method with verified samples as probes ({@link withProbes}), and its relabelling, where it has one, gated on them ({@link gatedRelabel}).
 *
 * @param verified labels of a random choice of samples, -1 elsewhere. Length N of the data set.
 * @throws OptionError where no sample is a probe.
 * @example await train({ ...rest, recipe: measuredOnProbes(cure(), verified), data: { ...data, verified } });
 */
export function measuredOnProbes(
  method: Method,
  verified: ArrayLike<number>,
  { onReading }: { readonly onReading?: (reading: GateReading) => void } = {},
): Method {
  const { relabel } = method;
  const gated = relabel
    ? withRelabel(method, gatedRelabel(relabel, { verified, ...(onReading && { onReading }) }))
    : method;
  return withProbes(gated, verified);
}
