import { OptionError } from '../errors.ts';
import type { Method } from '../method.ts';

/**
 * The same method with some verified samples as probes: they pass through the network and stay out of the loss, so that what the
 * network says of them is what it says of samples whose label it was never told. A gate, a threshold or a recalibration may then be measured on them.
 *
 * @param verified labels of the probes, -1 elsewhere. Length N of the data set.
 * @throws OptionError where no sample is a probe.
 * @example await train({ ...rest, recipe: withProbes(cure(), verified), data: { ...data, verified } });
 */
export function withProbes(method: Method, verified: ArrayLike<number>): Method {
  const probes = Array.from(verified).reduce((count, label) => count + (label >= 0 ? 1 : 0), 0);
  if (probes === 0) throw new OptionError('withProbes: no label is verified. Verify some, or train without probes');
  return {
    ...method,
    options: { ...(method.options as object), probes },
    plan: (rows) => {
      const plan = method.plan?.(rows) ?? {};
      const weight = plan.weight?.slice() ?? new Float32Array(rows.samples.length).fill(1);
      rows.samples.forEach((sample, i) => {
        if (verified[sample]! >= 0) weight[i] = 0;
      });
      return { ...plan, weight };
    },
  };
}
