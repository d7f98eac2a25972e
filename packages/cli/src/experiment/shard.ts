import { UsageError } from '../errors.ts';

/** One of several parts of an experiment. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** Variables that tell a task of an array which one it is, from 0: Kubernetes' indexed jobs, AWS Batch, Slurm. */
const variables = ['JOB_COMPLETION_INDEX', 'AWS_BATCH_JOB_ARRAY_INDEX', 'SLURM_ARRAY_TASK_ID'] as const;

/**
 * The part that `--shard` names: `2/5` is the second of five, `env/5` the one whose number the scheduler has put into the environment.
 *
 * @throws UsageError where it names none.
 */
export function readShard(given: unknown, environment: Readonly<Record<string, string | undefined>>): Shard | null {
  if (given === undefined) return null;
  const text = String(given);
  const [, part, parts] = /^(\d+|env)\/(\d+)$/.exec(text) ?? [];
  if (part === undefined || Number(parts) < 1)
    throw new UsageError(`--shard: '${text}' is not i/n, such as 1/4, or env/4`);
  const count = Number(parts);
  const index = part === 'env' ? fromEnvironment(environment) : Number(part) - 1;
  if (index >= 0 && index < count) return { index, count };
  throw new UsageError(`--shard: part ${index + 1} is not one of ${count}, which are numbered from 1`);
}

function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): number {
  const name = variables.find((one) => environment[one] !== undefined);
  if (name === undefined)
    throw new UsageError(`--shard: env needs one of the variables ${variables.join(', ')}, and none is set`);
  const text = environment[name]!;
  if (!/^\d+$/.test(text)) throw new UsageError(`--shard: ${name} is '${text}', no whole number`);
  // Slurm's arrays may begin with any number, and say with which.
  const first = name === 'SLURM_ARRAY_TASK_ID' ? Number(environment['SLURM_ARRAY_TASK_MIN'] ?? 0) : 0;
  return Number(text) - first;
}
