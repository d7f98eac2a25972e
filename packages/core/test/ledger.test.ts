import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLedger, exportChanges, restoreLedger, undoChanges } from '@selfcure/core';
import type { LabelLedger, Proposal } from '@selfcure/core';

const evidence = (epoch: number) => ({ epoch, step: -1, strategy: 'test', importance: null, pGiven: 0.1, pMax: 0.8 });
const apply = (ledger: LabelLedger, epoch: number, proposals: readonly Proposal[]) => {
  for (const proposal of proposals) ledger.stage(proposal, evidence(epoch));
  return ledger.commit();
};
const to = (sample: number, target: Proposal['to']): Proposal => ({
  sample,
  to: target,
  score: 0.5,
  reason: 'because, "so"',
});

describe('label ledger', () => {
  it('applies proposals at the barrier and logs them', () => {
    const ledger = createLedger({ given: [0, 1, 2], classes: 3 });
    ledger.stage(to(0, 2), evidence(1));
    expect([...ledger.current]).toEqual([0, 1, 2]);
    expect(ledger.commit()).toEqual({ relabelled: 1, dropped: 0, restored: 0, refused: 0 });
    expect([...ledger.current]).toEqual([2, 1, 2]);
    expect([...ledger.given]).toEqual([0, 1, 2]);
    expect(ledger.changes(0)).toMatchObject([
      { kind: 'relabel', epoch: 1, from: 0, to: 2, pGiven: 0.1, strategy: 'test' },
    ]);
    // What is so already leaves no entry.
    expect(apply(ledger, 2, [to(0, 2), to(1, 'restore')])).toEqual({
      relabelled: 0,
      dropped: 0,
      restored: 0,
      refused: 0,
    });
  });

  it('drops a sample under its given label, and restores it', () => {
    const ledger = createLedger({ given: [0, 1], classes: 3 });
    apply(ledger, 1, [to(0, 2)]);
    expect(apply(ledger, 2, [to(0, 'drop')])).toMatchObject({ dropped: 1 });
    expect([ledger.current[0], ledger.dropped[0]]).toEqual([0, 1]);
    expect(apply(ledger, 3, [to(0, 'restore')])).toMatchObject({ restored: 1 });
    expect([ledger.current[0], ledger.dropped[0]]).toEqual([0, 0]);
    apply(ledger, 4, [to(1, 'drop')]);
    expect(apply(ledger, 5, [to(1, 2)])).toMatchObject({ relabelled: 1 });
    expect([ledger.current[1], ledger.dropped[1]]).toEqual([2, 0]);
  });

  it('never edits what a person has verified', () => {
    const ledger = createLedger({ given: [0, 1, 2], classes: 3, verified: [1, -1, -1] });
    expect([...ledger.current]).toEqual([1, 1, 2]);
    expect(apply(ledger, 1, [to(0, 2), to(0, 'drop'), to(1, 0)])).toEqual({
      relabelled: 1,
      dropped: 0,
      restored: 0,
      refused: 2,
    });
    expect(ledger.current[0]).toBe(1);
    undoChanges(ledger, 0);
    expect([...ledger.current]).toEqual([1, 1, 2]);
  });

  it('refuses what cannot be, naming sample and strategy', () => {
    expect(() => createLedger({ given: [0, 3], classes: 3 })).toThrow(/sample 1 has label 3/);
    expect(() => createLedger({ given: [0], classes: 3, verified: [0, 1] })).toThrow(/2 verified labels for 1 samples/);
    const ledger = createLedger({ given: [0], classes: 3 });
    expect(() => ledger.stage(to(1, 0), evidence(1))).toThrow(/'test' proposed sample 1/);
    expect(() => ledger.stage(to(0, 3), evidence(1))).toThrow(/'test': sample 0 has label 3/);
  });

  it('undo brings back what stood after any epoch, and keeps the log', () => {
    const proposal = fc.record({
      sample: fc.nat(5),
      to: fc.oneof(fc.nat(3), fc.constantFrom('drop' as const, 'restore' as const)),
      score: fc.constant(0.5),
      reason: fc.constant('r'),
    });
    fc.assert(
      fc.property(fc.array(fc.array(proposal, { maxLength: 6 }), { maxLength: 6 }), fc.nat(6), (epochs, target) => {
        const ledger = createLedger({ given: [0, 1, 2, 3, 0, 1], classes: 4 });
        const stood = [[...ledger.current, ...ledger.dropped]];
        epochs.forEach((proposals, i) => {
          apply(ledger, i + 1, proposals);
          stood.push([...ledger.current, ...ledger.dropped]);
        });
        const { length } = ledger.changes();
        const undone = undoChanges(ledger, target);
        expect([...ledger.current, ...ledger.dropped]).toEqual(stood[Math.min(target, epochs.length)]);
        expect(ledger.changes()).toHaveLength(length + undone);
        const copy = restoreLedger(ledger.data(), 4);
        expect(copy.data()).toEqual(ledger.data());
      }),
      { seed: 7 },
    );
  });

  it('exports CSV and JSON lines', () => {
    const ledger = createLedger({ given: [0, 1], classes: 2 });
    apply(ledger, 1, [to(0, 1)]);
    expect(exportChanges(ledger.changes(), 'csv', ['no', 'yes'])).toBe(
      'epoch,step,sample,kind,from,to,importance,p_given,p_max,score,strategy,reason\n1,-1,0,relabel,no,yes,,0.1,0.8,0.5,test,"because, ""so"""\n',
    );
    expect(JSON.parse(exportChanges(ledger.changes(), 'jsonl', ['no', 'yes']))).toMatchObject({
      sample: 0,
      from: 'no',
      to: 'yes',
      reason: 'because, "so"',
    });
  });
});
