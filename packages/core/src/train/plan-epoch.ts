import { OptionError } from '../errors.ts';
import type { EpochPlan } from '../method.ts';
import { timeOf } from './session.ts';
import type { Session } from './session.ts';

/**
 * What the method decides before an epoch, for each own shard, in arrays over all samples; those of other workers stay 0.
 *
 * @throws OptionError where it plans another number of values than the shard has, or one below 0.
 */
export function planEpoch(session: Session): EpochPlan {
  const { options, ledger, memory, shards } = session;
  const { recipe: method, data, model } = options;
  const whole: { weight?: Float32Array; targets?: Float32Array } = {};
  for (const { samples } of shards.own) {
    const plan = method.plan?.(memory.rows(samples, ledger, timeOf(session))) ?? {};
    for (const [name, width] of [
      ['weight', 1],
      ['targets', model.classes],
    ] as const) {
      const values = plan[name];
      if (!values) continue;
      checkValues(values, samples, width, `method '${method.name}' planned`, name);
      const all = (whole[name] ??= new Float32Array(data.size * width));
      samples.forEach((sample, row) => all.set(values.subarray(row * width, (row + 1) * width), sample * width));
    }
  }
  return whole;
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
