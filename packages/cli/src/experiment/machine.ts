import { execFile } from 'node:child_process';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { packageVersion } from '../version.ts';

/** A class of machine. */
interface Machine {
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
}

/** What results were computed with; nothing that names this machine or its user. */
export interface Surroundings {
  readonly versions: { readonly selfcure: string; readonly node: string };
  /** Null where workers of a queue have computed, on machines of their own. */
  readonly machine: Machine | null;
  /** Of the checkout that the command ran in; null where there is none. */
  readonly commit: { readonly hash: string; readonly modified: boolean } | null;
}

/** Looks around. */
export async function surroundings(cwd: string): Promise<Surroundings> {
  const hash = await git(cwd, ['rev-parse', 'HEAD']);
  const changes = hash === null ? null : await git(cwd, ['status', '--porcelain', '--untracked-files=no']);
  return {
    versions: { selfcure: packageVersion(), node: process.versions.node },
    machine: {
      platform: `${process.platform} ${process.arch}`,
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
    },
    commit: hash === null ? null : { hash, modified: changes !== '' },
  };
}

/** What git says; null where there is no git or no checkout. */
function git(cwd: string, args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile('git', [...args], { cwd, timeout: 10_000 }, (error, stdout) => resolve(error ? null : stdout.trim()));
  });
}
