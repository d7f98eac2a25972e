import { describe, expect, it } from 'vitest';
import { auditDataset, chooseRandom, collectEvidence, judgeLabels, measureQuality } from '@selfcure/audit';
import type { Evidence } from '@selfcure/audit';
import { adam, ce, scn, train } from '@selfcure/core';
import type { Dataset } from '@selfcure/core';
import { facesDataset, symmetricNoise } from '@selfcure/data';
import { faceCnn } from '@selfcure/models';
import { wasm } from '@selfcure/wasm';
import { world } from './world.ts';

const evidenceOf = (probabilities: readonly number[], classes = 3): Evidence => ({
  probabilities: Float32Array.from(probabilities),
  loss: new Float32Array(probabilities.length / classes),
  importance: null,
  foldDisagreement: null,
  fit: null,
  source: 'a closed form',
});

/** What a network says that is too sure of itself: powers of the right probabilities. */
function sharpened(probabilities: readonly number[], power: number): number[] {
  return probabilities.map((_, at) => {
    const start = at - (at % 3);
    const powers = [0, 1, 2].map((c) => probabilities[start + c]! ** power);
    return powers[at % 3]! / powers.reduce((sum, value) => sum + value);
  });
}

const share = (of: readonly boolean[]): number => of.filter((one) => one).length / of.length;

describe('judgeLabels', () => {
  it('ranks, cuts and tells wrong from ambiguous without verified labels, and says what that rests on', () => {
    const { given, truth, noisy } = world(4000, 11);
    const found = judgeLabels({ classes: 3, given, evidence: evidenceOf(noisy) });
    const { order, suspicion, list, verdicts, noise } = found;
    expect([...order].sort((a, b) => a - b)).toEqual([...given.keys()]);
    for (let i = 1; i < order.length; i++) expect(suspicion[order[i]!]!).toBeLessThanOrEqual(suspicion[order[i - 1]!]!);
    expect(verdicts.filter((verdict) => verdict !== 'right')).toHaveLength(list.count);
    expect(new Set(verdicts)).toEqual(new Set(['right', 'wrong', 'ambiguous']));
    expect(list).toMatchObject({ rate: 0.2, check: null });
    expect(list.basis).toMatch(/rests on the network's own probabilities/);
    expect(noise.basis).toMatch(/no label is verified/);
    const { scores, noise: real } = measureQuality(found, given, truth)!;
    expect(real).toBeCloseTo(share(given.map((label, i) => label !== truth[i])), 12);
    expect(scores.posterior!.auroc!).toBeGreaterThan(scores.givenProbability!.auroc!);
  });

  it('keeps its false-discovery rate with verified labels, however sure of itself the network is', () => {
    const { given, truth, noisy } = world(20_000, 12);
    const verified = new Int32Array(given.length).fill(-1);
    for (const id of chooseRandom({ given, classes: 3, count: 300, seed: 0 })) verified[id] = truth[id]!;
    const real = (found: ReturnType<typeof judgeLabels>): number =>
      share([...found.order.subarray(0, found.list.count)].map((i) => given[i] === truth[i]));
    for (const [power, rate] of [
      [0.4, 0.2],
      [1, 0.3],
      [3, 0.4],
    ] as const) {
      const evidence = evidenceOf(sharpened(noisy, power));
      const calibrated = judgeLabels({ classes: 3, given, evidence, verified, rate });
      expect(calibrated.list.count).toBeGreaterThan(2000);
      // Two standard errors of what 300 verified labels can tell.
      expect(Math.abs(real(calibrated) - rate)).toBeLessThan(0.07);
      // The confident joint takes this world for noisier than it is; flat probabilities make up for that.
      if (power >= 1) expect(real(judgeLabels({ classes: 3, given, evidence, rate })) - rate).toBeGreaterThan(0.1);
      expect(calibrated.list.basis).toBe('calibrated on 300 verified labels');
      // Verified labels need no review.
      expect([...calibrated.order].some((i) => verified[i]! >= 0)).toBe(false);
      expect(calibrated.order).toHaveLength(given.length - 300);
    }
    const { noise } = judgeLabels({ classes: 3, given, evidence: evidenceOf(noisy), verified });
    const rate = share(given.map((label, i) => label !== truth[i]));
    expect(noise.low).toBeLessThan(rate);
    expect(noise.high).toBeGreaterThan(rate);
    expect(noise.basis).toMatch(/^\d+ of 300 labels that were verified at random are wrong$/);
  });

  it('doubts labels even where the confident joint finds every label right', () => {
    // Learned by heart, but for how sure the network is: P(given) is .9 or more everywhere.
    const { given, truth, noisy } = world(2000, 14);
    const byHeart = noisy.map((p, at) => 0.1 * p + (given[Math.floor(at / 3)] === at % 3 ? 0.9 : 0));
    const found = judgeLabels({ classes: 3, given, evidence: evidenceOf(byHeart) });
    const { scores } = measureQuality(found, given, truth)!;
    expect(scores.posterior!.auroc!).toBeGreaterThan(scores.givenProbability!.auroc! - 0.02);
    expect(found.noise.share).toBeLessThan(0.01);
  });

  it('checks the rate on verified labels without looking at them', () => {
    // Of few verified labels over nothing but noise, a check that looks at them would find its rate kept.
    const found = Array.from({ length: 40 }, (_, seed) => {
      const { given, truth } = world(300, 200 + seed);
      const verified = new Int32Array(given.length).fill(-1);
      for (const id of chooseRandom({ given, classes: 3, count: 40, seed })) verified[id] = truth[id]!;
      const flat = evidenceOf(new Array<number>(3 * given.length).fill(1 / 3));
      const judged = judgeLabels({ classes: 3, given, evidence: flat, verified, rate: 0.7 });
      return { check: judged.list.check!, real: share(given.map((label, i) => label === truth[i])) };
    });
    const inside = found.reduce((sum, { check }) => sum + check.of, 0);
    const observed = found.reduce((sum, { check }) => sum + check.count, 0) / inside;
    const covered = found.filter(({ check, real }) => check.low <= real && real <= check.high);
    expect(inside).toBeGreaterThan(50);
    expect(observed).toBeGreaterThan(0.55);
    expect(covered.length / found.length).toBeGreaterThan(0.85);
  });

  it('rests nothing on few verified labels, or on those that were not drawn at random', () => {
    const { given, truth, noisy } = world(500, 13);
    const evidence = evidenceOf(noisy);
    const some = (count: number): Int32Array => Int32Array.from(truth, (label, i) => (i < count ? label : -1));
    const plain = judgeLabels({ classes: 3, given, evidence });
    for (const options of [{ verified: some(9) }, { alsoVerified: some(100) }]) {
      const found = judgeLabels({ classes: 3, given, evidence, ...options });
      expect(found.transition).toEqual(plain.transition);
      expect(found.suspicion).toEqual(plain.suspicion);
    }
    expect(judgeLabels({ classes: 3, given, evidence, alsoVerified: some(100) }).order).toHaveLength(400);
    expect(() => judgeLabels({ classes: 3, given, evidence, verified: [0] })).toThrow(/1 verified labels for 500/);
    expect(() => judgeLabels({ classes: 3, given, evidence, rate: 0 })).toThrow(/rate 0/);
  });
});

const model = faceCnn({ classes: 7, size: 16, width: 0.25 });
const optimizer = adam({ learningRate: 0.01 });

describe('collectEvidence', () => {
  it('averages what one run says over its epochs, and takes no verified label for given', async () => {
    const backend = await wasm();
    const data = symmetricNoise(facesDataset({ samples: 70, seed: 1, size: 16 }), { rate: 0.3, seed: 1 });
    const options = { backend, model, epochs: 4, batchSize: 16, seed: 3, optimizer };
    const evidence = (await collectEvidence({ ...options, recipe: scn(), data: { ...data, verified: data.truth! } }))!;
    // The loop keeps an average of its own, of one class a sample.
    const run = await train({ ...options, recipe: scn(), data });
    for (let i = 0; i < data.size; i++) {
      const row = evidence.probabilities.subarray(7 * i, 7 * i + 7);
      expect(row[data.labels[i]!]).toBeCloseTo(run.rows.meanGivenProbability[i]!, 5);
      expect(row.reduce((sum, p) => sum + p)).toBeCloseTo(1, 4);
    }
    expect(evidence.importance!.every((alpha) => alpha > 0 && alpha < 1)).toBe(true);
    expect(evidence.foldDisagreement).toBeNull();
    await backend.close();
  });

  it('gives samples that no batch held a pass of their own', async () => {
    const backend = await wasm();
    const data = facesDataset({ samples: 40, seed: 1, size: 16 });
    // One epoch of one batch: 8 of 40 samples stay out.
    const evidence = (await collectEvidence({ backend, model, data, epochs: 1, batchSize: 32, optimizer }))!;
    for (let i = 0; i < 40; i++)
      expect(evidence.probabilities.subarray(7 * i, 7 * i + 7).reduce((sum, p) => sum + p)).toBeCloseTo(1, 4);
    await backend.close();
  });

  it('judges a sample by the network that has not trained on it', async () => {
    const backend = await wasm();
    // Labels that say nothing of the images can be learned by heart alone.
    const faces = facesDataset({ samples: 112, seed: 1, size: 16 });
    const data: Dataset = {
      ...faces,
      labels: faces.labels.map((_, i) => (i * 3 + (i >> 2)) % 7),
      fingerprint: 'senseless',
    };
    const options = { backend, model, recipe: ce(), data, epochs: 30, batchSize: 16, optimizer };
    const { probabilities, foldDisagreement } = (await collectEvidence({ ...options, folds: 4 }))!;
    const trust = data.labels.reduce((sum, label, i) => sum + probabilities[7 * i + label]!, 0) / data.size;
    expect(trust).toBeLessThan(0.25);
    expect(foldDisagreement!.reduce((sum, one) => sum + one, 0) / data.size).toBeGreaterThan(0.4);
    await expect(collectEvidence({ ...options, folds: 1 })).rejects.toThrow(/folds 1/);
    expect(await collectEvidence({ ...options, signal: { aborted: true } })).toBeNull();
    await backend.close();
  });
});

describe('auditDataset', () => {
  it('finds planted errors, contradicting copies and leaks on faces', async () => {
    const backend = await wasm();
    const faces = facesDataset({ samples: 1400, seed: 2, size: 24, occlusion: 0, identity: 0.3 });
    const noisy = symmetricNoise(faces, { rate: 0.3, seed: 2 });
    // Under other labels, sample 1 becomes a copy of sample 0, and sample 10 a lighter sample 9; the test has samples 5 and 6, and 50 others.
    const area = 24 * 24;
    const read = (ids: ArrayLike<number>): Uint8Array => {
      const images = faces.read(Int32Array.from(ids, (id) => (id === 1 ? 0 : id === 10 ? 9 : id))).slice();
      Array.from(ids).forEach((id, row) => {
        if (id !== 10) return;
        for (let at = row * area; at < (row + 1) * area; at++) images[at] = Math.min(255, images[at]! + 3);
      });
      return images;
    };
    const labels = noisy.labels.slice();
    labels[1] = (labels[0]! + 1) % 7;
    labels[10] = (labels[9]! + 1) % 7;
    const data: Dataset = { ...noisy, labels, read, fingerprint: 'planted' };
    const other = facesDataset({ samples: 50, seed: 3, size: 24 });
    const test: Dataset = {
      ...other,
      size: 52,
      labels: Int32Array.of(0, 0, ...other.labels),
      read: async (ids) => {
        const images = await Promise.all(Array.from(ids, (id) => (id < 2 ? read([5 + id]) : other.read([id - 2]))));
        return Uint8Array.from(images.flatMap((image) => [...image]));
      },
    };
    const audit = (await auditDataset({
      backend,
      model: faceCnn({ classes: 7, size: 24, width: 0.25 }),
      data,
      epochs: 10,
      seed: 1,
      optimizer: adam({ learningRate: 0.005 }),
      heldOut: { test },
    }))!;
    expect(audit.conflicts).toEqual([
      { samples: [0, 1], labels: [labels[0], labels[1]], identical: true },
      { samples: [9, 10], labels: [labels[9], labels[10]], identical: false },
    ]);
    expect(audit.leaks).toEqual([
      { sample: 5, set: 'test', twin: 0, identical: true },
      { sample: 6, set: 'test', twin: 1, identical: true },
    ]);
    expect(audit.warnings.map(({ code }) => code)).toEqual(['conflicting-copies', 'conflicting-similar', 'split-leak']);
    const { scores, noise, falseDiscoveries, suggestions } = audit.quality!;
    expect(noise).toBeCloseTo(0.3, 2);
    for (const name of ['posterior', 'givenProbability', 'margin', 'loss'] as const)
      expect(scores[name]!.auroc!, name).toBeGreaterThan(0.8);
    expect(scores.posterior!.precision).toBeGreaterThan(0.8);
    expect(audit.list.count).toBeGreaterThan(140);
    expect(falseDiscoveries.count / falseDiscoveries.of).toBeLessThan(0.3);
    expect(suggestions.count / suggestions.of).toBeGreaterThan(0.5);
    await backend.close();
  });

  it('warns of classes that are empty, rare or outnumbered', async () => {
    const backend = await wasm();
    const faces = facesDataset({ samples: 280, seed: 1, size: 16, balance: [60, 1, 0, 10, 10, 10, 10] });
    const audit = (await auditDataset({ backend, model, data: faces, epochs: 1, optimizer }))!;
    expect(audit.warnings.map(({ code }) => code)).toEqual(['empty-class', 'rare-class', 'class-imbalance']);
    expect(audit.warnings[0]!.message).toContain(faces.classes[2]);
    expect(audit.quality).toBeNull();
    await backend.close();
  });
});
