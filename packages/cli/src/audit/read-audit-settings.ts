import { readNumbers } from '../argument/number-option.ts';
import type { EngineChoice } from '../engine/engine-arguments.ts';
import { readSettings } from '../train/read-settings.ts';
import type { AuditSettings } from './audit-manifest.ts';

/** Number options that an audit has beside those of a training. */
export const auditNumbers = {
  folds: {
    description:
      'train this many networks, each to judge the samples that it has not seen; default: one, judged while it trains',
    whole: true,
    from: 2,
    to: 1000,
  },
  fdr: {
    description: 'false-discovery rate: share of right labels that the list may hold',
    from: 0,
    to: 0.99,
    open: true,
    default: 0.2,
  },
} as const;

/**
 * Settings of an audit that a command line stands for.
 *
 * @throws UsageError naming the option that is wrong or does not fit the others.
 */
export async function readAuditSettings(
  args: Readonly<Record<string, unknown>>,
  engine: EngineChoice,
  cwd: string,
): Promise<AuditSettings> {
  const { folds, fdr } = readNumbers(auditNumbers, args);
  return { ...(await readSettings(args, engine, cwd)), folds: folds ?? null, fdr };
}
