/** The SCN modules written with operations, from the paper's equations; what the fixtures are compared with here. */
import type { Ops, Tensor } from '@selfcure/tensor';
import type { ModuleCase } from './fixtures.ts';

/** Inputs of the modules: features [N, D], classifier [D, C] and [C], importance head [D, 1] and [1], one-hot targets [N, C]. */
export interface ModuleInputs {
  readonly x: Tensor;
  readonly weights: Tensor;
  readonly bias: Tensor;
  readonly importanceWeights: Tensor;
  readonly importanceBias: Tensor;
  readonly targets: Tensor;
}

/** Options of the modules; see README.md. */
export type ModuleOptions = Pick<ModuleCase, 'margin1' | 'lossMix' | 'weightBias' | 'highCount'>;

/** Values of the modules: rows per sample, and scalars. */
export interface ModuleTerms {
  readonly alpha: Tensor;
  readonly logits: Tensor;
  readonly weightedLogits: Tensor;
  readonly perSample: Tensor;
  readonly crossEntropy: Tensor;
  readonly rankRegularization: Tensor;
  readonly total: Tensor;
  /** Members of the high-importance group, as 0 and 1; absent for a batch of one. */
  readonly high?: Tensor;
  readonly meanHigh?: Tensor;
  readonly meanLow?: Tensor;
}

/** max(0, margin - (mean of the `highCount` largest - mean of the others)), and its parts. */
export function rankRegularization(ops: Ops, alpha: Tensor, highCount: number, margin: number): Required<Pick<ModuleTerms, 'rankRegularization' | 'high' | 'meanHigh' | 'meanLow'>> {
  const high = ops.rankMask(alpha, highCount);
  const meanHigh = ops.div(ops.sum(ops.mul(alpha, high)), highCount);
  const meanLow = ops.div(ops.sum(ops.mul(alpha, ops.sub(1, high))), alpha.shape[0]! - highCount);
  return { rankRegularization: ops.relu(ops.sub(margin, ops.sub(meanHigh, meanLow))), high, meanHigh, meanLow };
}

/** The modules on given features. */
export function scnTerms(ops: Ops, inputs: ModuleInputs, { margin1, lossMix, weightBias, highCount }: ModuleOptions): ModuleTerms {
  const { x, weights, bias, importanceWeights, importanceBias, targets } = inputs;
  const alpha = ops.reshape(ops.sigmoid(ops.add(ops.matmul(x, importanceWeights), importanceBias)), [x.shape[0]!]);
  const column = ops.reshape(alpha, [x.shape[0]!, 1]);
  const products = ops.matmul(x, weights);
  const logits = ops.add(products, bias);
  const weightedLogits = weightBias ? ops.mul(logits, column) : ops.add(ops.mul(products, column), bias);
  const perSample = ops.softmaxCrossEntropy(weightedLogits, targets);
  const crossEntropy = ops.mean(perSample);
  const rank = highCount === null ? { rankRegularization: ops.mul(ops.sum(alpha), 0) } : rankRegularization(ops, alpha, highCount, margin1);
  const total =
    lossMix === null
      ? ops.add(crossEntropy, rank.rankRegularization)
      : ops.add(ops.mul(rank.rankRegularization, lossMix), ops.mul(crossEntropy, 1 - lossMix));
  return { alpha, logits, weightedLogits, perSample, crossEntropy, total, ...rank };
}
