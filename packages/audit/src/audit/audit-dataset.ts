import type { Dataset } from '@selfcure/core';
import { collectEvidence } from '../evidence/collect-evidence.ts';
import type { EvidenceOptions } from '../evidence/evidence.ts';
import type { Audit } from './audit.ts';
import { judgeLabels, leastVerified } from './judge-labels.ts';
import type { JudgeOptions } from './judge-labels.ts';
import { findAlike, findConflicts, findLeaks, warnOfData } from './look-at-data.ts';
import { measureQuality } from './measure-quality.ts';

/** Options of {@link auditDataset}. */
export interface AuditOptions extends EvidenceOptions, Pick<JudgeOptions, 'verified' | 'alsoVerified' | 'rate'> {
  /** Sets that must not share images with the audited one, by name, such as `{ test }`. Default: none. */
  readonly heldOut?: Readonly<Record<string, Dataset>>;
  /** The images of `data`, where it holds features in their place: copies are looked for among them. Default: `data`. */
  readonly images?: Dataset;
}

/**
 * Finds labels that are probably wrong: trains on the labels as they were given (once, or a network a fold), ranks by several scores, and cuts the
 * list at a false-discovery rate. Where the data know the truth, it says how well each score does.
 *
 * @returns null where the signal ended it; with `states` the same options go on from there.
 * @throws what `train` throws; OptionError where an option is out of range.
 * @example
 * const audit = (await auditDataset({ backend: await wasm(), model: faceCnn({ classes: 7 }), data, epochs: 12 }))!;
 * for (const sample of audit.order.subarray(0, audit.list.count)) console.log(sample, audit.suggested[sample], audit.suspicion[sample]);
 */
export async function auditDataset(options: AuditOptions): Promise<Audit | null> {
  const { data, heldOut = {}, images = data, verified, alsoVerified, rate, seed } = options;
  const alike = await findAlike([images, ...Object.values(heldOut)]);
  const together = alike.groups.map((group) => group.filter(({ set }) => set === 0).map(({ sample }) => sample));
  const evidence = await collectEvidence(
    options,
    together.filter(({ length }) => length > 1),
  );
  if (!evidence) return null;
  const given = data.labels;
  const judgement = judgeLabels({
    classes: data.classes.length,
    given,
    evidence,
    ...(verified && { verified }),
    ...(alsoVerified && { alsoVerified }),
    ...(rate !== undefined && { rate }),
    ...(seed !== undefined && { seed }),
  });
  const found = {
    classes: data.classes,
    given,
    conflicts: findConflicts(alike, given),
    leaks: findLeaks(alike, Object.keys(heldOut)),
  };
  const count = Array.from(verified ?? []).filter((label) => label >= 0).length;
  return {
    ...judgement,
    ...found,
    evidence,
    warnings: warnOfData({ ...found, fit: evidence.fit, verified: { count, least: leastVerified } }),
    quality: data.truth ? measureQuality(judgement, given, data.truth) : null,
  };
}
