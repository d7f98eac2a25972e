import { CheckpointError, OptionError } from '../errors.ts';
import type { Proposal } from '../relabel/relabel.ts';

/** What the log keeps of a change. */
export interface LabelChange {
  /** Epoch that proposed it, 1-based; it counts from the next one. 0: before training. */
  readonly epoch: number;
  /** Step within the epoch, 0-based; -1 for a decision at the end of the epoch. */
  readonly step: number;
  readonly sample: number;
  readonly kind: 'relabel' | 'drop' | 'restore' | 'verify' | 'undo';
  /** Label before and after. */
  readonly from: number;
  readonly to: number;
  /** Importance weight at the time; null where the method has none. */
  readonly importance: number | null;
  /** Probability of the given label and of the most likely class at the time; null where no pass came before. */
  readonly pGiven: number | null;
  readonly pMax: number | null;
  readonly score: number;
  /** Name of the strategy, or of who else made the change. */
  readonly strategy: string;
  readonly reason: string;
}

/** The evidence that goes with a proposal into the log. */
export interface ProposalEvidence {
  readonly epoch: number;
  readonly step: number;
  readonly strategy: string;
  readonly importance: number | null;
  readonly pGiven: number | null;
  readonly pMax: number | null;
}

/** What {@link LabelLedger.commit} did. */
export interface CommitSummary {
  readonly relabelled: number;
  readonly dropped: number;
  readonly restored: number;
  /** Proposals against a label that a person has verified. */
  readonly refused: number;
}

/** Plain data of a ledger, for checkpoints. */
export interface LedgerData {
  readonly given: Int32Array;
  readonly current: Int32Array;
  readonly dropped: Uint8Array;
  readonly verified: Uint8Array;
  readonly log: readonly LabelChange[];
  readonly staged: readonly (readonly [Proposal, ProposalEvidence])[];
}

/**
 * Owns the labels of a run. Given labels never change; the current labels, what is out of the loss, and an append-only
 * log of every change live beside them. Nothing is ever written into a data set.
 */
export interface LabelLedger {
  readonly size: number;
  readonly classes: number;
  /** Copies are not needed to read; writing is not allowed. Length N. */
  readonly given: Int32Array;
  readonly current: Int32Array;
  /** 1 where the sample is out of the loss. */
  readonly dropped: Uint8Array;
  /** 1 where a person has verified the label. */
  readonly verified: Uint8Array;
  /** Keeps a proposal until the end of the epoch. */
  stage(proposal: Proposal, evidence: ProposalEvidence): void;
  /** Applies what was staged, in order of staging, after every read of the epoch. */
  commit(): CommitSummary;
  /** The log, oldest first; of one sample where given. */
  changes(sample?: number): readonly LabelChange[];
  /** Sets a label as a person's word: no strategy changes it from here on. */
  verify(sample: number, label: number, epoch?: number): void;
  /** Adds a change to the log as it is and applies it; `undoChanges` does so. */
  append(change: LabelChange): void;
  data(): LedgerData;
}

/**
 * A ledger over given labels.
 *
 * @param verified labels a person has verified, -1 elsewhere: they become current at once and are never edited.
 * @throws OptionError where a label is outside [0, classes).
 * @example const ledger = createLedger({ given: data.labels, classes: 7 });
 */
export function createLedger({
  given,
  classes,
  verified,
}: {
  given: ArrayLike<number>;
  classes: number;
  verified?: ArrayLike<number>;
}): LabelLedger {
  const labels = Int32Array.from(given);
  labels.forEach((label, sample) => checkLabel(sample, label, classes));
  const ledger = restoreLedger(
    {
      given: labels,
      current: labels.slice(),
      dropped: new Uint8Array(labels.length),
      verified: new Uint8Array(labels.length),
      log: [],
      staged: [],
    },
    classes,
  );
  if (verified) {
    if (verified.length !== labels.length)
      throw new OptionError(
        `ledger: ${verified.length} verified labels for ${labels.length} samples. Use -1 where none is verified`,
      );
    for (let sample = 0; sample < labels.length; sample++)
      if (verified[sample]! >= 0) ledger.verify(sample, verified[sample]!);
  }
  return ledger;
}

/**
 * A ledger as {@link LabelLedger.data} gave it.
 *
 * @throws CheckpointError where its arrays differ in length.
 * @example restoreLedger(run.ledger.data(), 7)
 */
export function restoreLedger(data: LedgerData, classes: number): LabelLedger {
  const { given } = data;
  const size = given.length;
  const current = data.current.slice();
  const dropped = data.dropped.slice();
  const verified = data.verified.slice();
  if ([current, dropped, verified].some((array) => array.length !== size))
    throw new CheckpointError('label ledger: its arrays differ in length');
  const log: LabelChange[] = [...data.log];
  let staged: (readonly [Proposal, ProposalEvidence])[] = [...data.staged];

  const record = (change: LabelChange): void => {
    log.push(change);
    current[change.sample] = change.to;
    dropped[change.sample] = change.kind === 'drop' ? 1 : 0;
  };

  const ledger: LabelLedger = {
    size,
    classes,
    given,
    current,
    dropped,
    verified,
    stage: (proposal, evidence) => {
      if (!(Number.isInteger(proposal.sample) && proposal.sample >= 0 && proposal.sample < size)) {
        throw new OptionError(
          `relabel strategy '${evidence.strategy}' proposed sample ${proposal.sample}, which is outside [0, ${size})`,
        );
      }
      if (typeof proposal.to === 'string' && proposal.to !== 'drop' && proposal.to !== 'restore') {
        throw new OptionError(
          `relabel strategy '${evidence.strategy}' proposed '${String(proposal.to)}' for sample ${proposal.sample}. Propose a label, 'drop' or 'restore'`,
        );
      }
      if (!Number.isFinite(proposal.score))
        throw new OptionError(
          `relabel strategy '${evidence.strategy}' gave sample ${proposal.sample} the score ${proposal.score}, no number`,
        );
      if (typeof proposal.to !== 'string')
        checkLabel(proposal.sample, proposal.to, classes, `relabel strategy '${evidence.strategy}': `);
      staged.push([proposal, evidence]);
    },
    commit: () => {
      const summary = { relabelled: 0, dropped: 0, restored: 0, refused: 0 };
      for (const [proposal, evidence] of staged) {
        const { sample, to, score, reason } = proposal;
        if (verified[sample]) {
          if (to !== current[sample] && to !== 'restore') summary.refused++;
          continue;
        }
        const from = current[sample]!;
        const kind = to === 'drop' ? 'drop' : to === 'restore' || to === given[sample] ? 'restore' : 'relabel';
        // A dropped sample waits under its given label, whatever it was edited to before.
        const target = typeof to === 'number' ? to : given[sample]!;
        if (target === from && (kind === 'drop') === (dropped[sample] === 1)) continue;
        record({ ...evidence, sample, kind, from, to: target, score, reason });
        summary[kind === 'relabel' ? 'relabelled' : kind === 'drop' ? 'dropped' : 'restored']++;
      }
      staged = [];
      return summary;
    },
    changes: (sample) => (sample === undefined ? log : log.filter((change) => change.sample === sample)),
    verify: (sample, label, epoch = 0) => {
      checkLabel(sample, label, classes);
      record({
        epoch,
        sample,
        kind: 'verify',
        from: current[sample]!,
        to: label,
        ...unseen,
        score: 1,
        strategy: 'person',
        reason: 'verified by a person',
      });
      verified[sample] = 1;
    },
    append: record,
    data: () => ({
      given,
      current: current.slice(),
      dropped: dropped.slice(),
      verified: verified.slice(),
      log: [...log],
      staged: [...staged],
    }),
  };
  return ledger;
}

/** Evidence of a change that no pass of the network speaks for. */
export const unseen: Pick<LabelChange, 'step' | 'importance' | 'pGiven' | 'pMax'> = {
  step: -1,
  importance: null,
  pGiven: null,
  pMax: null,
};

function checkLabel(sample: number, label: number, classes: number, who = ''): void {
  if (Number.isInteger(label) && label >= 0 && label < classes) return;
  throw new OptionError(`${who}sample ${sample} has label ${label}, which is outside [0, ${classes}). Map its label`);
}
