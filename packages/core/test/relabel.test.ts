import { describe, expect, it } from 'vitest';
import { averagedRelabel, defineRelabel, marginRelabel } from '@selfcure/core';
import type { SampleRows } from '@selfcure/core';

/** Rows of a batch; probabilities are the weighted and the averaged ones too unless given. */
function rows(probabilities: number[][], given: number[], more: Partial<SampleRows> = {}): SampleRows {
  const flat = Float32Array.from(probabilities.flat());
  const labels = Int32Array.from(given);
  return {
    epoch: 10,
    epochs: 12,
    classes: probabilities[0]!.length,
    samples: Int32Array.from(given, (_, i) => 100 + i),
    given: labels,
    current: labels,
    dropped: new Uint8Array(given.length),
    verified: new Uint8Array(given.length),
    probabilities: flat,
    weightedProbabilities: flat,
    importance: null,
    lowGroup: new Uint8Array(given.length).fill(1),
    loss: new Float32Array(given.length),
    remembered: { averageProbabilities: flat },
    clean: null,
    passes: new Int32Array(given.length).fill(1),
    meanGivenProbability: new Float32Array(given.length),
    ...more,
  };
}

describe('marginRelabel', () => {
  const batch = rows(
    [
      [0.1, 0.6, 0.3],
      [0.1, 0.6, 0.3],
      [0.25, 0.5, 0.25],
    ],
    [0, 1, 0],
  );
  it('moves a label that the prediction beats by more than the margin', () => {
    expect(marginRelabel().propose(batch)).toMatchObject([
      { sample: 100, to: 1 },
      { sample: 102, to: 1 },
    ]);
    expect(marginRelabel({ margin: 0.25 }).propose(batch)).toMatchObject([{ sample: 100 }]); // 0.5 - 0.25 is not more
  });
  it('starts at its epoch, inclusively', () => {
    expect(marginRelabel().propose({ ...batch, epoch: 9 })).toEqual([]);
    expect(marginRelabel({ start: 9 }).propose({ ...batch, epoch: 9 })).toHaveLength(2);
  });
  it('looks at the low group only, or at all', () => {
    const high = { ...batch, lowGroup: Uint8Array.of(0, 1, 1) };
    expect(marginRelabel().propose(high)).toMatchObject([{ sample: 102 }]);
    expect(marginRelabel({ candidates: 'all' }).propose(high)).toHaveLength(2);
  });
  it('reads weighted or raw probabilities', () => {
    const flat = { ...batch, weightedProbabilities: new Float32Array(9).fill(1 / 3) };
    expect(marginRelabel().propose(flat)).toEqual([]);
    expect(marginRelabel({ probabilities: 'raw' }).propose(flat)).toHaveLength(2);
  });
  it('takes the lowest class among equals and leaves a label that shares the maximum', () => {
    expect(
      marginRelabel().propose(
        rows(
          [
            [0, 0.5, 0.5],
            [0, 0.5, 0.5],
          ],
          [0, 2],
        ),
      ),
    ).toMatchObject([{ sample: 100, to: 1 }]);
  });
});

describe('averagedRelabel', () => {
  const options = { start: 1, priorAdjustment: 0, maxClassShare: 1 };
  const q = [
    [0.96, 0.04],
    [0.6, 0.4],
    [0.48, 0.52],
    [0.04, 0.96],
  ];
  it('edits when sure, drops when in doubt, leaves the rest', () => {
    const proposals = averagedRelabel(options).propose(rows(q, [1, 1, 1, 1]));
    expect(proposals).toMatchObject([
      { sample: 100, to: 0 },
      { sample: 101, to: 'drop' },
    ]);
  });
  it('restores what no longer holds, against the given label', () => {
    const batch = rows(q, [1, 1, 1, 1]);
    const later = { ...batch, current: Int32Array.of(0, 1, 0, 1), dropped: Uint8Array.of(0, 1, 0, 1) };
    expect(averagedRelabel(options).propose(later)).toMatchObject([
      { sample: 102, to: 'restore' },
      { sample: 103, to: 'restore' },
    ]);
  });
  it('lets at most a share of a class go, the strongest first', () => {
    const proposals = averagedRelabel({ ...options, maxClassShare: 0.25 }).propose(rows(q, [1, 1, 1, 1]));
    expect(proposals).toMatchObject([{ sample: 100, to: 0 }]);
  });
  it('divides by the class prior', () => {
    // Class 0 is predicted everywhere: divided by its prior, the third row speaks for class 1.
    const often = [
      [0.9, 0.1],
      [0.9, 0.1],
      [0.6, 0.4],
    ];
    expect(averagedRelabel({ ...options, drop: 0.05 }).propose(rows(often, [0, 0, 0]))).toEqual([]);
    const adjusted = averagedRelabel({ ...options, drop: 0.05, priorAdjustment: 1 }).propose(rows(often, [0, 0, 0]));
    expect(adjusted).toMatchObject([{ sample: 102, to: 'drop' }]);
    const [p, r] = [0.6 / (0.8 + 1e-4), 0.4 / (0.2 + 1e-4)];
    expect(adjusted[0]!.score).toBeCloseTo((r - p) / (r + p), 5);
  });
  it('starts after a third of the run', () => {
    const batch = { ...rows(q, [1, 1, 1, 1]), epochs: 30 };
    expect(averagedRelabel().propose({ ...batch, epoch: 10 })).toEqual([]);
    expect(averagedRelabel({ maxClassShare: 1 }).propose({ ...batch, epoch: 11 })).not.toEqual([]);
  });
});

describe('defineRelabel', () => {
  const strategy = defineRelabel({
    name: 'mine',
    start: 3,
    defaults: { margin: 0.2 },
    propose: ({ samples }, { margin }) => [{ sample: samples[0]!, to: 'drop', score: margin, reason: '' }],
  });
  it('merges options, waits for its start, and refuses unknown options', () => {
    const batch = rows([[0.5, 0.5]], [0]);
    expect(strategy({ margin: 0.4 }).propose(batch)).toMatchObject([{ score: 0.4 }]);
    expect(strategy().propose({ ...batch, epoch: 2 })).toEqual([]);
    expect(strategy({ margin: 0.4 }).options).toEqual({ margin: 0.4, start: 3 });
    expect(strategy({ start: 11 }).propose(batch)).toEqual([]);
    // @ts-expect-error no such option
    expect(() => strategy({ margn: 1 })).toThrow("mine: no option 'margn'. Known: margin, start");
  });
});
