import type { Ops, Tensor } from '@selfcure/tensor';
import { OptionError } from '../errors.ts';
import type { Loss } from './loss.ts';

/** Row c, column k: the probability that a sample of true class c carries the label k. C x C, rows sum to 1. */
export type TransitionMatrix = readonly (readonly number[])[];

/** Options of {@link forwardCorrection}. */
export interface ForwardCorrectionOptions {
  readonly transition: TransitionMatrix;
}

/**
 * Forward correction (Patrini et al. 2017, section 4.2): -sum over labels of target times log (p T), with the class probabilities p of the network
 * and the transition matrix T from true to given labels. The network learns the true classes; its softmax is their probability.
 *
 * @throws OptionError where the matrix is not square, an entry is no probability, or a row does not sum to 1.
 * @example const loss = forwardCorrection({ transition: [[0.9, 0.1], [0.2, 0.8]] });
 */
export function forwardCorrection({ transition }: ForwardCorrectionOptions): Loss {
  checkTransition(transition);
  return {
    name: 'forward-correction',
    options: { transition: transition.map((row) => [...row]) },
    perSample: (ops, net, { targets, classes }) => {
      if (transition.length !== classes)
        throw new OptionError(
          `forwardCorrection: the transition matrix is for ${transition.length} classes, the model has ${classes}`,
        );
      const given = ops.matmul(ops.softmax(net.logits), matrixOf(ops, transition));
      return { loss: ops.neg(ops.sum(ops.mul(targets, ops.log(ops.maximum(given, 1e-6))), [1])) };
    },
  };
}

/** A constant matrix. */
function matrixOf(ops: Ops, rows: TransitionMatrix): Tensor {
  return ops.stackRows(rows.map((row) => ops.concatRows(row.map((value) => ops.full(value, [1])))));
}

function checkTransition(transition: TransitionMatrix): void {
  if (transition.length === 0)
    throw new OptionError('forwardCorrection: there is no transition matrix. Estimate one from verified labels');
  transition.forEach((row, c) => {
    const sum = row.reduce((total, value) => total + value, 0);
    if (row.length !== transition.length || row.some((value) => !(value >= 0)) || !(Math.abs(sum - 1) < 1e-4))
      throw new OptionError(
        `forwardCorrection: row ${c} of the transition matrix (${row.join(', ')}) is not ${transition.length} probabilities that sum to 1`,
      );
  });
}
