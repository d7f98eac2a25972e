import { checkLabels, OptionError } from '@selfcure/core';
import { minimize } from './minimize.ts';

/** Samples whose true label is known, and what the network says of them. */
export interface KnownSamples {
  readonly classes: number;
  /** n x C. */
  readonly probabilities: ArrayLike<number>;
  /** In [0, C). Length n. */
  readonly truth: ArrayLike<number>;
}

/** A map from probabilities to better ones: softmax(log p W + b). Plain data. */
export interface Recalibration {
  readonly kind: 'offsets' | 'matrix';
  /** C x C, rows of log p, columns of the result. */
  readonly weights: readonly (readonly number[])[];
  /** Length C. */
  readonly offsets: readonly number[];
}

/** Least probability whose logarithm is taken. */
const floor = 1e-6;

/**
 * Class offsets on log p: softmax(log p + b), with b of least cross-entropy on samples of known truth plus `strength` |b|^2. Seven numbers: fifty verified
 * labels suffice. It moves predictions towards the true class shares, so look at balanced accuracy too.
 *
 * @param strength pull of the offsets to 0, against the sum of the losses. Default 0.5.
 * @throws OptionError where arrays do not fit or nothing is known.
 * @example const better = applyRecalibration(classOffsets({ classes: 7, probabilities, truth }), testProbabilities);
 */
export function classOffsets(known: KnownSamples, strength = 0.5): Recalibration {
  const { classes } = known;
  const logs = logRows(known, 'classOffsets');
  const offsets = minimize((b) => {
    const gradient = b.map((one) => 2 * strength * one);
    let value = strength * b.reduce((sum, one) => sum + one * one, 0);
    logs.forEach((row, i) => {
      const { loss, error } = crossEntropy(
        row.map((one, c) => one + b[c]!),
        known.truth[i]!,
      );
      value += loss;
      error.forEach((one, c) => (gradient[c]! += one));
    });
    return { value, gradient };
  }, new Array<number>(classes).fill(0));
  return { kind: 'offsets', weights: identity(classes), offsets };
}

/**
 * Matrix scaling on log p (Guo et al. 2017, section 4.2): softmax(log p W + b), pulled to the identity. From about a hundred verified labels on.
 *
 * @param strength pull of W to the identity and of b to 0, against the sum of the losses. Default 5.
 * @throws OptionError as {@link classOffsets} does.
 * @example applyRecalibration(matrixScaling({ classes: 7, probabilities, truth }), testProbabilities)
 */
export function matrixScaling(known: KnownSamples, strength = 5): Recalibration {
  const { classes } = known;
  const logs = logRows(known, 'matrixScaling');
  const start = [...identity(classes).flat(), ...new Array<number>(classes).fill(0)];
  const at = classes * classes;
  const found = minimize((x) => {
    const gradient = x.map((one, i) => 2 * strength * (one - start[i]!));
    let value = strength * x.reduce((sum, one, i) => sum + (one - start[i]!) ** 2, 0);
    logs.forEach((row, i) => {
      const { loss, error } = crossEntropy(scaled(row, x, classes), known.truth[i]!);
      value += loss;
      error.forEach((one, c) => {
        gradient[at + c]! += one;
        row.forEach((log, k) => (gradient[k * classes + c]! += log * one));
      });
    });
    return { value, gradient };
  }, start);
  return {
    kind: 'matrix',
    weights: Array.from({ length: classes }, (_, k) => found.slice(k * classes, (k + 1) * classes)),
    offsets: found.slice(at),
  };
}

/**
 * Applies a recalibration.
 *
 * @param probabilities rows of C.
 * @returns rows of C that sum to 1.
 */
export function applyRecalibration(
  { weights, offsets }: Recalibration,
  probabilities: ArrayLike<number>,
): Float64Array {
  const classes = offsets.length;
  const flat = [...weights.flat(), ...offsets];
  const result = new Float64Array(probabilities.length);
  for (let start = 0; start < probabilities.length; start += classes) {
    const row = Array.from({ length: classes }, (_, c) => Math.log(Math.max(probabilities[start + c]!, floor)));
    result.set(softmax(scaled(row, flat, classes)), start);
  }
  return result;
}

/** log p W + b. */
function scaled(row: readonly number[], x: readonly number[], classes: number): number[] {
  return Array.from({ length: classes }, (_, c) =>
    row.reduce((sum, log, k) => sum + log * x[k * classes + c]!, x[classes * classes + c]!),
  );
}

function softmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const powers = logits.map((one) => Math.exp(one - largest));
  const sum = powers.reduce((total, one) => total + one, 0);
  return powers.map((one) => one / sum);
}

/** Cross-entropy of one row, and its gradient for the logits. */
function crossEntropy(logits: readonly number[], label: number): { loss: number; error: number[] } {
  const p = softmax(logits);
  return { loss: -Math.log(Math.max(p[label]!, 1e-300)), error: p.map((one, c) => one - (c === label ? 1 : 0)) };
}

const identity = (size: number): number[][] =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)));

function logRows({ classes, probabilities, truth }: KnownSamples, who: string): number[][] {
  if (truth.length === 0) throw new OptionError(`${who}: no sample of known truth. Verify some labels`);
  if (probabilities.length !== truth.length * classes)
    throw new OptionError(
      `${who}: ${probabilities.length} probabilities for ${truth.length} samples of ${classes} classes`,
    );
  checkLabels(who, 'truth', truth, classes, 0);
  return Array.from({ length: truth.length }, (_, i) =>
    Array.from({ length: classes }, (_, c) => Math.log(Math.max(probabilities[i * classes + c]!, floor))),
  );
}
