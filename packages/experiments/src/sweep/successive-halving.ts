import { OptionError } from '@selfcure/core';
import type { Execution } from '../execute/execute-jobs.ts';
import type { Failure, Job, Result } from '../execute/job.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import { spreadOf } from '../table/spread.ts';

/** One of the settings that a sweep chooses from. */
export interface SweepSetting {
  /** Tells it from the others, such as `{ lr: '0.001', margin2: '0.2' }`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: RunSpec;
}

/** Options of {@link successiveHalving}. */
export interface HalvingOptions {
  readonly settings: readonly SweepSetting[];
  /** Epochs of the rounds, rising. */
  readonly budgets: readonly number[];
  /** The same in every round. Default 0, 1, 2. */
  readonly seeds?: readonly number[];
  /** Share of the settings that go on to the next round, at least one. Default a third. */
  readonly keep?: number;
  /** Runs jobs, such as {@link executeJobs} over a store: then an interrupted sweep goes on where it was. */
  readonly execute: (jobs: readonly Job[], round: number) => Promise<Execution>;
}

/** A setting after a round. */
export interface RankedSetting {
  readonly labels: Readonly<Record<string, string>>;
  /** Mean over seeds of the accuracy on the validation set after the last epoch; null where a seed has none. */
  readonly validation: number | null;
  /** Whether it went on to the next round; in the last one, whether it is the choice. */
  readonly kept: boolean;
}

/** One round of a sweep. */
export interface SweepRound {
  readonly epochs: number;
  /** Best first. */
  readonly ranking: readonly RankedSetting[];
  readonly results: readonly Result[];
}

/** What {@link successiveHalving} finds. */
export interface Halving {
  readonly rounds: readonly SweepRound[];
  /** The setting that was chosen, with the epochs of the last round; null where the sweep did not come to its end. */
  readonly best: SweepSetting | null;
  readonly failures: readonly Failure[];
  /** Runs of the last round begun that did not end. */
  readonly open: number;
}

/**
 * Chooses settings by successive halving (Jamieson and Talwalkar 2016): all of them for few epochs, the best for more. They are ranked by the mean accuracy on
 * the **validation** set; the test set has no part in it. Every round trains anew, because the course of the learning rate depends on the number of epochs. A
 * setting that fails with some seed is ranked last.
 *
 * @throws OptionError where no setting or budget is given, budgets do not rise, or `keep` is outside (0, 1).
 * @example
 * const { best } = await successiveHalving({
 *   settings: gridSettings(base, { lr: [1e-3, 2e-3], margin2: [0.1, 0.2] }),
 *   budgets: [4, 12],
 *   execute: (jobs) => executeJobs({ jobs, store: outcomes, run: (job) => runSpec(job.spec, place) }),
 * });
 */
export async function successiveHalving({
  settings,
  budgets,
  seeds = [0, 1, 2],
  keep = 1 / 3,
  execute,
}: HalvingOptions): Promise<Halving> {
  if (settings.length === 0) throw new OptionError('successiveHalving: no setting is given');
  if (budgets.length === 0 || budgets.some((epochs, i) => !Number.isInteger(epochs) || epochs <= (budgets[i - 1] ?? 0)))
    throw new OptionError(`successiveHalving: budgets ${budgets.join(', ')} are not whole numbers that rise`);
  if (!(keep > 0 && keep < 1)) throw new OptionError(`successiveHalving: keep ${keep} is outside (0, 1)`);

  const rounds: SweepRound[] = [];
  const failures: Failure[] = [];
  let left = settings;
  for (const [round, epochs] of budgets.entries()) {
    const jobs = left.flatMap(({ labels, spec }) =>
      seeds.map((seed) => ({ labels: { epochs: String(epochs), ...labels }, spec: { ...spec, epochs, seed } })),
    );
    const execution = await execute(jobs, round);
    failures.push(...execution.failures);
    const ranked = left
      .map((setting) => {
        const own = execution.results.filter((result) => sameLabels(result.labels, setting.labels));
        return { setting, validation: own.length === seeds.length ? spreadOf(own, 'validationAccuracy') : null };
      })
      // Stable: among equals the earlier setting of the grid.
      .sort((a, b) => (b.validation?.mean ?? -1) - (a.validation?.mean ?? -1));
    const last = round === budgets.length - 1;
    const able = ranked.filter(({ validation }) => validation !== null);
    const going = last ? 1 : Math.max(1, Math.ceil(able.length * keep - 1e-9));
    const chosen = execution.open > 0 ? [] : able.slice(0, going);
    rounds.push({
      epochs,
      results: execution.results,
      ranking: ranked.map((one) => ({
        labels: one.setting.labels,
        validation: one.validation && one.validation.mean,
        kept: chosen.includes(one),
      })),
    });
    left = chosen.map(({ setting }) => setting);
    if (left.length === 0) return { rounds, best: null, failures, open: execution.open };
  }
  const [best] = left;
  return { rounds, best: best! && { ...best, spec: { ...best.spec, epochs: budgets.at(-1)! } }, failures, open: 0 };
}

const sameLabels = (of: Job['labels'], labels: SweepSetting['labels']): boolean =>
  Object.entries(labels).every(([name, value]) => of[name] === value);
