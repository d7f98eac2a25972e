import { createLedger } from '@selfcure/core';
import type { LedgerData } from '@selfcure/core';
import { describe, expect, it } from 'vitest';
import { applyDecisions, standingDecisions } from '../src/review.ts';
import type { Decision } from '../src/review.ts';

const verify = (sample: number, label: number): Decision => ({ kind: 'verify', sample, label });
const undo: Decision = { kind: 'undo' };
const states = ({ current, dropped, verified }: LedgerData): number[][] =>
  Array.from(current, (label, i) => [label, dropped[i]!, verified[i]!]);

/** Labels 0, 1, 2 of three classes; sample 1 was relabelled to 2, sample 2 dropped. */
function changed(): LedgerData {
  const ledger = createLedger({ given: [0, 1, 2], classes: 3 });
  const evidence = { epoch: 4, step: -1, strategy: 'test', importance: null, pGiven: 0.1, pMax: 0.9 };
  ledger.stage({ sample: 1, to: 2, score: 0.8, reason: 'sure' }, evidence);
  ledger.stage({ sample: 2, to: 'drop', score: 0.4, reason: 'in doubt' }, evidence);
  ledger.commit();
  return ledger.data();
}

describe('applyDecisions', () => {
  it('verifies labels, dropped ones too, and leaves the given ledger as it was', () => {
    const before = changed();
    const after = applyDecisions(before, 3, [verify(0, 1), verify(2, 0)], 5);
    expect(states(after)).toEqual([
      [1, 0, 1],
      [2, 0, 0],
      [0, 0, 1],
    ]);
    expect(states(before)).toEqual([
      [0, 0, 0],
      [2, 0, 0],
      [2, 1, 0],
    ]);
    expect(after.log.at(-1)).toMatchObject({ epoch: 5, sample: 2, kind: 'verify', from: 2, to: 0, strategy: 'person' });
  });

  it('takes decisions back one by one, to what was before each', () => {
    const before = changed();
    const decisions = [verify(1, 0), verify(2, 0), verify(1, 1)];
    expect(standingDecisions(applyDecisions(before, 3, decisions, 5))).toHaveLength(3);
    const steps = [1, 2, 3].map((count) =>
      states(applyDecisions(before, 3, [...decisions, ...Array.from({ length: count }, () => undo)], 5)),
    );
    // Sample 1 is 0 again and still verified; then sample 2 is dropped again; then all is as it was.
    expect(steps[0]).toEqual([
      [0, 0, 0],
      [0, 0, 1],
      [0, 0, 1],
    ]);
    expect(steps[1]).toEqual([
      [0, 0, 0],
      [0, 0, 1],
      [2, 1, 0],
    ]);
    expect(steps[2]).toEqual(states(before));
  });

  it('keeps decisions and undos in the log, and starts anew after them', () => {
    const after = applyDecisions(changed(), 3, [verify(0, 1), undo, verify(0, 2)], 5);
    expect(after.log.map(({ kind }) => kind)).toEqual(['relabel', 'drop', 'verify', 'undo', 'verify']);
    expect(standingDecisions(after).map(({ sample }) => sample)).toEqual([0]);
    expect(states(applyDecisions(after, 3, [undo], 5))).toEqual(states(changed()));
  });

  it('changes nothing where there is nothing to take back', () => {
    const before = changed();
    expect(applyDecisions(before, 3, [undo], 5)).toEqual(before);
  });
});
