import { OptionError } from '@selfcure/core';
import { specKey } from '../spec/spec-key.ts';
import type { Job } from './job.ts';

/**
 * The part of an experiment that one of several machines does. Every job is in one part; jobs that start from the same pretraining are in the
 * same one, so that nothing is computed twice.
 *
 * @param index from 0.
 * @throws OptionError where the index is none of `count` parts.
 * @example const jobs = shardOf(experiment.jobs, { index: 0, count: 4 });
 */
export function shardOf(
  jobs: readonly Job[],
  { index, count }: { readonly index: number; readonly count: number },
): readonly Job[] {
  if (!Number.isInteger(count) || count < 1) throw new OptionError(`shard: ${count} parts is no whole number from 1`);
  if (!Number.isInteger(index) || index < 0 || index >= count)
    throw new OptionError(`shard: part ${index} is not one of 0 to ${count - 1}`);
  const unitOf = ({ spec }: Job): string => specKey(spec.pretrain ?? spec);
  const units = [...new Set(jobs.map(unitOf))];
  const own = new Set(units.filter((_, i) => i % count === index));
  return jobs.filter((job) => own.has(unitOf(job)));
}
