import { OptionError } from '../errors.ts';
import type { EpochPlan } from '../method.ts';
import { targetRows } from './batch.ts';
import { timeOf } from './session.ts';
import type { Session } from './session.ts';

/**
 * What the method decides before an epoch, for each own shard, in arrays over all samples; those of other workers stay 0. A shard for which it
 * leaves something as it is gets what that is: weights of 1, the labels as they stand.
 *
 * @throws OptionError where it plans another number of values than the shard has, or one below 0.
 */
export function planEpoch(session: Session): EpochPlan {
  const { options, ledger, memory, shards } = session;
  const { recipe: method, data, model } = options;
  const plans = shards.own.map(({ samples }) => ({
    samples,
    plan: method.plan?.(memory.rows(samples, ledger, timeOf(session))) ?? {},
  }));
  const whole = (name: keyof EpochPlan, width: number, asIs: (samples: Int32Array) => Float32Array): EpochPlan => {
    if (!plans.some(({ plan }) => plan[name])) return {};
    const all = new Float32Array(data.size * width);
    for (const { samples, plan } of plans) {
      const values = plan[name] ?? asIs(samples);
      checkValues(values, samples, width, `method '${method.name}' planned`, name);
      samples.forEach((sample, row) => all.set(values.subarray(row * width, (row + 1) * width), sample * width));
    }
    return { [name]: all };
  };
  return {
    ...whole('weight', 1, (samples) => new Float32Array(samples.length).fill(1)),
    ...whole('targets', model.classes, (samples) => targetRows(samples, ledger, {})),
  };
}

function checkValues(values: Float32Array, samples: Int32Array, width: number, who: string, name: string): void {
  if (values.length !== samples.length * width)
    throw new OptionError(`${who} ${values.length} values for ${name}, ${samples.length * width} are needed`);
  const bad = values.findIndex((value) => !(value >= 0 && value < Infinity));
  if (bad >= 0)
    throw new OptionError(
      `${who} ${name} ${values[bad]} for sample ${samples[Math.floor(bad / width)]}. Plan numbers from 0`,
    );
}
