import { OptionError } from '../errors.ts';

/**
 * Refuses two arrays that should run over the same samples and do not.
 *
 * @throws OptionError naming `metric`, the function that was called, and both arrays.
 * @example checkLengths('accuracy', 'truth', truth.length, 'predicted', predicted.length);
 */
export function checkLengths(metric: string, a: string, lengthA: number, b: string, lengthB: number): void {
  if (lengthA === lengthB) return;
  throw new OptionError(`${metric}: ${a} has ${lengthA} elements, ${b} ${lengthB}. Pass one of each a sample`);
}

/** Refuses a number that is not whole or lies outside [from, to]. */
export function checkWhole(metric: string, name: string, value: number, from: number, to: number = Infinity): void {
  if (Number.isInteger(value) && value >= from && value <= to) return;
  throw new OptionError(`${metric}: ${name} is ${value}. Pass a whole number in [${from}, ${to}]`);
}

/**
 * Refuses labels that are not whole numbers in [from, classes); `from` is -1 where a label may be unknown.
 *
 * @throws OptionError naming `metric`, the function that was called, and the element.
 * @example checkLabels('accuracy', 'truth', truth, 7, -1);
 */
export function checkLabels(
  metric: string,
  name: string,
  labels: ArrayLike<number>,
  classes: number,
  from: -1 | 0,
): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (Number.isInteger(label) && label >= from && label < classes) continue;
    throw new OptionError(`${metric}: ${name}[${i}] is ${label}. Pass whole numbers in [${from}, ${classes - 1}]`);
  }
}

/** Refuses NaN. */
export function checkNumbers(metric: string, name: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) continue;
    throw new OptionError(
      `${metric}: ${name}[${i}] is not a number. Leave this element out or find where it became NaN`,
    );
  }
}

/** Probabilities that float32 rounding may take out of [0, 1], and row sums that it may take off 1. */
const rangeSlack = 1e-5;
const sumSlack = 1e-3;

/**
 * Refuses probabilities that do not go with labels: one row of `classes` numbers a label, each row that has a label (not -1) a
 * distribution.
 *
 * @throws OptionError naming `metric`, the function that was called, and the sample.
 * @example checkDistributions('brierScore', probabilities, truth, 7);
 */
export function checkDistributions(
  metric: string,
  probabilities: ArrayLike<number>,
  truth: ArrayLike<number>,
  classes: number,
): void {
  checkWhole(metric, 'classes', classes, 1);
  checkLengths(metric, 'probabilities', probabilities.length, 'truth x classes', truth.length * classes);
  checkLabels(metric, 'truth', truth, classes, -1);
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] === -1) continue;
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const p = probabilities[i * classes + c]!;
      if (!(p >= -rangeSlack && p <= 1 + rangeSlack)) {
        throw new OptionError(`${metric}: the probability of sample ${i}, class ${c} is ${p}. Pass numbers in [0, 1]`);
      }
      sum += p;
    }
    if (Math.abs(sum - 1) > sumSlack) {
      throw new OptionError(
        `${metric}: the probabilities of sample ${i} sum to ${sum}. Pass the softmax of the logits`,
      );
    }
  }
}
