import type { ArgsDef } from 'citty';
import { UsageError } from '../errors.ts';

/** One of several processes that train together. */
export interface Cluster {
  /** `host:port` of all, in order. */
  readonly workers: readonly string[];
  /** Which of them this process is, from 0. */
  readonly index: number;
}

/** Variables that tell a process which one of several it is, from 0: Kubernetes' indexed jobs, Slurm's tasks, AWS Batch. */
const variables = ['JOB_COMPLETION_INDEX', 'SLURM_PROCID', 'AWS_BATCH_JOB_ARRAY_INDEX'] as const;

/** `--workers` and `--worker`. */
export const clusterArguments: ArgsDef = {
  workers: {
    type: 'string',
    valueHint: 'HOST:PORT,...',
    description: 'processes that train together (tensorflow), the same list on all of them',
  },
  worker: {
    type: 'string',
    valueHint: 'N',
    description: `which of them this one is, from 0; default ${variables.join(', ')}`,
  },
};

/**
 * The processes that a command line names; null where it names none.
 *
 * @throws UsageError where the list is wrong or nothing tells which of them this one is.
 */
export function readCluster(
  args: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): Cluster | null {
  if (args['workers'] === undefined) {
    if (args['worker'] !== undefined) throw new UsageError('--worker names one of --workers. Give both');
    return null;
  }
  const workers = String(args['workers'])
    .split(',')
    .map((worker) => worker.trim());
  const wrong = workers.find((worker) => !/^\S+:\d{1,5}$/.test(worker));
  if (wrong !== undefined)
    throw new UsageError(
      `--workers: '${wrong}' is no address. Give host:port of every worker, with commas between them`,
    );
  const name = variables.find((variable) => environment[variable] !== undefined);
  const [from, given] =
    args['worker'] === undefined && name !== undefined ? [name, environment[name]!] : ['--worker', args['worker']];
  if (given === undefined)
    throw new UsageError(
      `--workers: nothing tells which of them this one is. Give --worker 0 to ${workers.length - 1}`,
    );
  const index = /^\d+$/.test(String(given)) ? Number(given) : -1;
  if (index >= 0 && index < workers.length) return { workers, index };
  throw new UsageError(
    `${from}: '${String(given)}' is not one of ${workers.length} workers, 0 to ${workers.length - 1}`,
  );
}
