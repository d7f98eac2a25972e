import { OptionError } from '@selfcure/core';
import type { TransitionMatrix } from '@selfcure/core';
import { checkJudged } from '../predictions.ts';
import type { JudgedSamples } from '../predictions.ts';

/** Options of {@link classPosterior}. */
export interface PosteriorOptions extends JudgedSamples {
  /** From true to given labels. */
  readonly transition: TransitionMatrix;
  /**
   * Steps that turn probabilities of given labels, which a network learns from them, into those of true classes (Richardson-Lucy).
   * Default 0: the probabilities are those of the true classes already, or the matrix is rough.
   */
  readonly deconvolution?: number;
}

/**
 * Probability of every true class given the image and the label that it carries: p(c | image) T[c, given] over its sum.
 *
 * @returns N x C, rows that sum to 1.
 * @throws OptionError where arrays do not fit.
 * @example
 * const posterior = classPosterior({ classes: 7, given, probabilities, transition: confidentTransition({ classes: 7, given, probabilities }).matrix });
 */
export function classPosterior({ transition, deconvolution = 0, ...samples }: PosteriorOptions): Float64Array {
  checkJudged('classPosterior', samples);
  const { classes, given, probabilities } = samples;
  if (transition.length !== classes || transition.some((row) => row.length !== classes))
    throw new OptionError(`classPosterior: the transition matrix is not ${classes} x ${classes}`);
  if (!Number.isInteger(deconvolution) || deconvolution < 0)
    throw new OptionError(`classPosterior: deconvolution ${deconvolution} is not a whole number from 0`);
  const posterior = new Float64Array(given.length * classes);
  for (let i = 0; i < given.length; i++) {
    const observed = Array.from({ length: classes }, (_, c) => Math.max(0, probabilities[i * classes + c]!));
    const p = deconvolve(observed, transition, deconvolution);
    const joint = p.map((value, c) => value * transition[c]![given[i]!]!);
    const sum = joint.reduce((total, value) => total + value, 0);
    // A label that no true class could carry says nothing: what the image says stays.
    for (let c = 0; c < classes; c++) posterior[i * classes + c] = sum > 0 ? joint[c]! / sum : p[c]!;
  }
  return posterior;
}

/**
 * Probabilities of true classes out of those of given labels, which a network learns from these: rows p with p T near the observed ones, by a few multiplicative
 * steps from those (Richardson-Lucy). Few steps undo little; many amplify noise.
 *
 * @param steps the default, 5, goes with a matrix from a hundred verified labels; measured on FER2013's labels against the votes of FER+.
 * @returns N x C, rows that sum to 1.
 * @example const p = trueClassProbabilities(probabilities, transitionFromVerified({ given, verified, classes: 7 }).matrix);
 */
export function trueClassProbabilities(
  probabilities: ArrayLike<number>,
  transition: TransitionMatrix,
  steps = 5,
): Float64Array {
  const classes = transition.length;
  const result = new Float64Array(probabilities.length);
  for (let start = 0; start < probabilities.length; start += classes) {
    const observed = Array.from({ length: classes }, (_, c) => Math.max(0, probabilities[start + c]!));
    result.set(deconvolve(observed, transition, steps), start);
  }
  return result;
}

/** Class probabilities p with p T near the observed ones, by multiplicative steps from those. */
function deconvolve(observed: readonly number[], transition: TransitionMatrix, steps: number): number[] {
  let p = [...observed];
  for (let step = 0; step < steps; step++) {
    const ratio = observed.map((q, k) => {
      const expected = p.reduce((sum, value, c) => sum + value * transition[c]![k]!, 0);
      return expected > 0 ? q / expected : 0;
    });
    p = p.map((value, c) => value * transition[c]!.reduce((sum, t, k) => sum + t * ratio[k]!, 0));
    const sum = p.reduce((total, value) => total + value, 0);
    p = p.map((value) => value / sum);
  }
  return p;
}
