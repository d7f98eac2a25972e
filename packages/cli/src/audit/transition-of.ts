import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { transitionFromVerified } from '@selfcure/audit';
import type { TransitionEstimate } from '@selfcure/audit';
import type { RunData } from '../data/run-data.ts';
import { countTrusted } from '../data/trusted-file.ts';
import { RunFolderError, UsageError } from '../errors.ts';
import type { TrainSettings } from '../train/settings.ts';
import type { AuditManifest } from './audit-manifest.ts';

/**
 * The transition matrix that a run knows of: the one of the audit that it names, else that of verified labels; null where there is neither.
 *
 * @throws RunFolderError where the audit is of other classes; UsageError where forward correction shall rest on labels that were not verified at random.
 */
export async function transitionOf(
  { recipe, transition }: Pick<TrainSettings, 'recipe' | 'transition'>,
  { train, trusted }: RunData,
): Promise<TransitionEstimate | null> {
  if (transition) return auditedTransition(transition.path, train.classes);
  if (!trusted) return null;
  if (countTrusted(trusted.random) > 0)
    return transitionFromVerified({
      given: train.labels,
      verified: trusted.random,
      classes: train.classes.length,
      stratified: true,
    });
  if (recipe !== 'forward') return null;
  throw new UsageError(
    '--trusted: no label of the training data was verified at random, so none says which classes are taken for which. Verify some: selfcure review DATA --by random, or name an audit: --transition AUDIT_DIR',
  );
}

async function auditedTransition(path: string, classes: readonly string[]): Promise<TransitionEstimate> {
  const { data, transition } = parse(path, await readFile(path, 'utf8'));
  if (data.train.classes.join('\n') !== classes.join('\n'))
    throw new RunFolderError(
      `--transition: ${dirname(path)} is an audit of classes ${data.train.classes.join(', ')}; DATA has ${classes.join(', ')}. Audit this data`,
    );
  return transition;
}

function parse(path: string, text: string): AuditManifest {
  try {
    const found = JSON.parse(text) as Partial<AuditManifest>;
    if (found.transition && found.data) return found as AuditManifest;
  } catch {
    // Said below.
  }
  throw new RunFolderError(
    `--transition: ${basename(path)} in ${dirname(path)} holds no transition matrix. Name a folder that 'selfcure audit' made`,
  );
}
