import { describe, expect, it } from 'vitest';
import {
  adam,
  binomialInterval,
  ce,
  defineRelabel,
  gatedRelabel,
  train,
  withProbes,
  withRelabel,
} from '@selfcure/core';
import type { GateReading, Proposal, SampleRows } from '@selfcure/core';
import { facesDataset, symmetricNoise } from '@selfcure/data';
import { faceCnn } from '@selfcure/models';
import { reference } from '@selfcure/reference';

describe('binomialInterval', () => {
  it('is that of SciPy (beta quantiles)', () => {
    // scipy.stats.beta.ppf([.025, .975], [k, k + 1], [n - k + 1, n - k])
    const known = [
      [9, 10, 0.55498388, 0.99747142],
      [1, 10, 0.00252858, 0.44501612],
      [15, 100, 0.08645439, 0.2353075],
      [6000, 20000, 0.29365343, 0.30640475],
    ] as const;
    for (const [successes, trials, low, high] of known) {
      const found = binomialInterval(successes, trials);
      expect(found.low).toBeCloseTo(low, 7);
      expect(found.high).toBeCloseTo(high, 7);
    }
  });
  it('has closed forms at its ends, and knows nothing without trials', () => {
    expect(binomialInterval(0, 0)).toEqual({ low: 0, high: 1 });
    expect(binomialInterval(5, 5, 0.8)).toEqual({ low: expect.closeTo(0.1 ** (1 / 5), 10) as number, high: 1 });
    expect(binomialInterval(0, 5, 0.8).high).toBeCloseTo(1 - 0.1 ** (1 / 5), 10);
    expect(() => binomialInterval(6, 5)).toThrow(/successes/);
    expect(() => binomialInterval(1, 5, 1)).toThrow(/coverage/);
  });
});

/** Rows of samples 0 to n - 1, all given label 0 of three. */
function rowsOf(n: number, more: Partial<SampleRows> = {}): SampleRows {
  const zeros = new Int32Array(n);
  const p = new Float32Array(3 * n).fill(1 / 3);
  return {
    epoch: 2,
    epochs: 4,
    classes: 3,
    samples: Int32Array.from({ length: n }, (_, i) => i),
    given: zeros,
    current: zeros,
    dropped: new Uint8Array(n),
    verified: new Uint8Array(n),
    probabilities: p,
    weightedProbabilities: p,
    importance: null,
    lowGroup: new Uint8Array(n),
    loss: new Float32Array(n),
    remembered: {},
    clean: null,
    passes: new Int32Array(n).fill(2),
    meanGivenProbability: new Float32Array(n),
    ...more,
  };
}

/** Proposes label 1 for samples below `edits`, a drop for the next `drops`, and to restore the last sample. */
const script = (edits: number, drops: number) =>
  defineRelabel({
    name: 'script',
    start: 1,
    defaults: {},
    propose: ({ samples, verified, current, given }) =>
      [...samples].flatMap((sample, i): Proposal[] => {
        const proposal = { sample, score: 1, reason: 'told' };
        if (verified[i] || current[i] !== given[i]) return [];
        if (sample < edits) return [{ ...proposal, to: 1 }];
        if (sample < edits + drops) return [{ ...proposal, to: 'drop' }];
        return sample === samples.length - 1 ? [{ ...proposal, to: 'restore' }] : [];
      }),
  })();

describe('gatedRelabel', () => {
  /** 40 samples: the first 20 are to be edited to 1, the next 10 to be dropped. */
  const inner = script(20, 10);
  const probes = (labels: Readonly<Record<number, number>>): Int32Array =>
    Int32Array.from({ length: 40 }, (_, i) => labels[i] ?? -1);
  /** As the ledger shows verified samples: their label is the person's, and flagged. */
  const shown = (verified: Int32Array): SampleRows =>
    rowsOf(40, {
      current: verified.map((label) => Math.max(0, label)),
      verified: Uint8Array.from(verified, (label) => (label >= 0 ? 1 : 0)),
    });
  const kinds = (proposals: readonly Proposal[], verified: Int32Array): string[] => [
    ...new Set(proposals.filter(({ sample }) => verified[sample]! < 0).map(({ to }) => String(to))),
  ];

  it('lets edits pass while their bound on the probes is above the least precision, and says so', () => {
    // Five of five right: the one-sided 90 % bound is 0.1^(1/5) = 0.63.
    const verified = probes({ 0: 1, 1: 1, 2: 1, 3: 1, 4: 1 });
    const readings: GateReading[] = [];
    const gate = gatedRelabel(inner, { verified, onReading: (reading) => readings.push(reading) });
    const proposals = gate.propose(shown(verified));
    expect(kinds(proposals, verified)).toEqual(['1', 'restore']);
    expect(proposals.find(({ sample }) => sample === 7)!.reason).toBe('told; 5 of 5 right on verified samples');
    expect(readings).toEqual([
      {
        epoch: 2,
        edits: { tried: 5, right: 5, low: expect.closeTo(0.1 ** 0.2, 9) as number, open: true },
        drops: { tried: 0, right: 0, low: 0, open: false },
      },
    ]);
    const strict = gatedRelabel(inner, { verified, least: 0.64 });
    expect(kinds(strict.propose(shown(verified)), verified)).toEqual(['restore']);
  });
  it('closes on wrong edits, and judges drops on their own', () => {
    // Edits: two right, three wrong. Drops: five of five labels are wrong.
    const verified = probes({ 0: 1, 1: 1, 2: 0, 3: 2, 4: 0, 20: 1, 21: 2, 22: 2, 23: 1, 24: 1 });
    const proposals = gatedRelabel(inner, { verified }).propose(shown(verified));
    expect(kinds(proposals, verified)).toEqual(['drop', 'restore']);
    // Proposals for probes are measured and go no further.
    expect(proposals.filter(({ sample }) => verified[sample]! >= 0)).toEqual([]);
  });
  it('turns what decides after steps into a decision after epochs, with what it needs', () => {
    const stepwise = { ...inner, when: 'step' as const, needsImportance: true, pass: 'clean' as const };
    expect(gatedRelabel(stepwise, { verified: [1] })).toMatchObject({
      name: 'gated-script',
      when: 'epoch',
      needsImportance: true,
      pass: 'clean',
      options: { gateLeast: 0.5, gateConfidence: 0.9, gateProbes: 1 },
    });
  });
  it('refuses what it cannot measure on', () => {
    expect(() => gatedRelabel(inner, { verified: [-1, -1] })).toThrow(/no label is verified/);
    expect(() => gatedRelabel(inner, { verified: [1], least: 1 })).toThrow(/least 1/);
    expect(() => gatedRelabel(inner, { verified: [1], confidence: 0.4 })).toThrow(/confidence 0.4/);
    expect(() => gatedRelabel(inner, { verified: [1] }).propose(rowsOf(2))).toThrow(/Give one a sample/);
    expect(() => withProbes(ce(), [-1])).toThrow(/no label is verified/);
  });
});

describe('a run with probes', () => {
  const data = symmetricNoise(facesDataset({ samples: 64, seed: 1, size: 16 }), { rate: 0.4, seed: 1 });
  const verified = Int32Array.from(data.truth!, (label, i) => (i % 4 === 0 ? label : -1));
  const model = faceCnn({ classes: 7, size: 16, width: 0.25 });
  const run = (set: typeof data, truths: Int32Array, relabel = gatedRelabel(script(64, 0), { verified: truths })) =>
    train({
      backend: reference(),
      model,
      recipe: withProbes(withRelabel(ce(), relabel), truths),
      data: { ...set, verified: truths },
      epochs: 2,
      batchSize: 16,
      optimizer: adam({ learningRate: 0.01 }),
    });

  it('does not depend on the labels of the probes', async () => {
    const other = verified.map((label) => (label >= 0 ? (label + 3) % 7 : -1));
    const [one, two] = [await run(data, verified), await run(data, other)];
    expect(one.model.weights).toEqual(two.model.weights);
    expect(one.rows.probabilities).toEqual(two.rows.probabilities);
  });
  it('commits nothing while the gate is closed, and warns of nothing', async () => {
    // "Everything is label 1" is right on a seventh of the probes.
    const { ledger, history, warnings } = await run(data, verified);
    expect(ledger.changes().every(({ kind }) => kind === 'verify')).toBe(true);
    expect(history.last()!['refused'] ?? 0).toBe(0);
    expect(warnings).toEqual([]);
  });
});
