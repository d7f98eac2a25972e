import { OptionError } from '../errors.ts';
import { binomialInterval } from '../metric/binomial-interval.ts';
import type { Proposal, RelabelStrategy, SampleRows } from './relabel.ts';

/** How one kind of proposal did on the probes in an epoch. */
export interface GateCount {
  /** Proposals of this kind for probes. */
  readonly tried: number;
  /** Of these, the right ones: an edit to the verified label, a drop of a label that is wrong. */
  readonly right: number;
  /** Lower confidence bound of their precision; 0 without any. */
  readonly low: number;
  /** Whether proposals of this kind pass. */
  readonly open: boolean;
}

/** What {@link gatedRelabel} found at the end of an epoch. */
export interface GateReading {
  readonly epoch: number;
  readonly edits: GateCount;
  readonly drops: GateCount;
}

/** Options of {@link gatedRelabel}. */
export interface GatedRelabelOptions {
  /** Labels that a person has verified on a random choice of samples, -1 elsewhere. Length N of the data set. */
  readonly verified: ArrayLike<number>;
  /** Precision that must be exceeded. Default 0.5: more labels mended than broken. */
  readonly least?: number;
  /** Confidence of the one-sided bound that must exceed it. Default 0.9. */
  readonly confidence?: number;
  /** Told at the end of every epoch in which the strategy proposes anything. */
  readonly onReading?: (reading: GateReading) => void;
}

/**
 * Lets a strategy change labels only while it is right on samples whose true label a person has verified.
 *
 * At the end of every epoch the strategy also judges the verified samples (probes), as if it had their given label before it. Its
 * proposals for them are compared with the person's word, and go no further. Edits pass while the lower confidence bound of their
 * precision on the probes is above `least`; drops likewise, on their own precision; what goes back to the given label passes always. Changes that
 * stand stay while the gate is closed.
 *
 * A strategy that decides after every step decides at the end of the epoch instead, on the same training passes. The probes
 * must not teach the network, or it knows their labels: see `withProbes`.
 *
 * @throws OptionError where a threshold is out of range or nothing is verified.
 * @example withProbes(withRelabel(ce(), gatedRelabel(averagedRelabel(), { verified })), verified)
 */
export function gatedRelabel(
  strategy: RelabelStrategy,
  { verified, least = 0.5, confidence = 0.9, onReading }: GatedRelabelOptions,
): RelabelStrategy {
  if (!(least >= 0 && least < 1)) throw new OptionError(`gatedRelabel: least ${least} is outside [0, 1)`);
  if (!(confidence > 0.5 && confidence < 1))
    throw new OptionError(`gatedRelabel: confidence ${confidence} is outside (0.5, 1). 0.9 is usual`);
  const probes = Array.from(verified).reduce((count, label) => count + (label >= 0 ? 1 : 0), 0);
  if (probes === 0) throw new OptionError('gatedRelabel: no label is verified. Verify some, or relabel without a gate');
  const count = (proposals: readonly Proposal[], isRight: (proposal: Proposal) => boolean): GateCount => {
    const right = proposals.filter(isRight).length;
    const { low } = binomialInterval(right, proposals.length, 2 * confidence - 1);
    return { tried: proposals.length, right, low, open: low > least };
  };
  return {
    name: `gated-${strategy.name}`,
    options: { ...strategy.options, gateLeast: least, gateConfidence: confidence, gateProbes: probes },
    when: 'epoch',
    ...(strategy.needsImportance !== undefined && { needsImportance: strategy.needsImportance }),
    ...(strategy.remember && { remember: strategy.remember }),
    ...(strategy.pass && { pass: strategy.pass }),
    propose: (rows) => {
      if (rows.samples.some((sample) => sample >= verified.length))
        throw new OptionError(
          `gatedRelabel: ${verified.length} verified labels, and a sample ${rows.samples.at(-1)}. Give one a sample of the data set, -1 where none is verified`,
        );
      const proposals = strategy.propose(unseen(rows, verified));
      if (proposals.length === 0) return [];
      const givenOf = new Map(Array.from(rows.samples, (sample, i) => [sample, rows.given[i]!]));
      const onProbes = proposals.filter(({ sample }) => verified[sample]! >= 0);
      const reading: GateReading = {
        epoch: rows.epoch,
        edits: count(
          onProbes.filter(({ to }) => typeof to === 'number'),
          ({ sample, to }) => to === verified[sample],
        ),
        drops: count(
          onProbes.filter(({ to }) => to === 'drop'),
          ({ sample }) => givenOf.get(sample) !== verified[sample],
        ),
      };
      onReading?.(reading);
      return proposals.flatMap((proposal) => {
        if (verified[proposal.sample]! >= 0) return [];
        if (proposal.to === 'restore') return [proposal];
        const { open, right, tried } = proposal.to === 'drop' ? reading.drops : reading.edits;
        return open
          ? [{ ...proposal, reason: `${proposal.reason}; ${right} of ${tried} right on verified samples` }]
          : [];
      });
    },
  };
}

/** Rows in which the probes look as any other sample: not verified, in the loss, under the label that they were given. */
function unseen(rows: SampleRows, verified: ArrayLike<number>): SampleRows {
  const current = rows.current.slice();
  const dropped = rows.dropped.slice();
  const seen = rows.verified.slice();
  rows.samples.forEach((sample, i) => {
    if (verified[sample]! < 0) return;
    current[i] = rows.given[i]!;
    dropped[i] = 0;
    seen[i] = 0;
  });
  return { ...rows, current, dropped, verified: seen };
}
