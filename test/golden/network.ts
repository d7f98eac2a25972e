/** The network and the training step of the golden runs, written with operations; README.md names every state. */
import { slotName, trace } from '@selfcure/tensor';
import type { Graph, Ops, Tensor } from '@selfcure/tensor';
import type { StepsMetadata } from './fixtures.ts';
import { scnTerms } from './scn-terms.ts';
import type { ModuleTerms } from './scn-terms.ts';

const zeros = { kind: 'constant', value: 0 } as const;

/** Batch normalization; in training with batch statistics, which the running ones follow (variance divided by count - 1). */
function normalize(ops: Ops, x: Tensor, layer: string, { epsilon, momentum }: StepsMetadata['batchNorm'], training: boolean): Tensor {
  const channels = x.shape.at(-1)!;
  return ops.scope(`${layer}/bn`, () => {
    const [scale, offset] = [ops.parameter('scale', [channels], zeros), ops.parameter('offset', [channels], zeros)];
    const [mean, variance] = [ops.statistic('mean', [channels], zeros), ops.statistic('variance', [channels], zeros)];
    if (!training) return ops.bnApply(x, ops.stackRows([mean, variance, ops.rsqrt(ops.add(variance, epsilon))]), scale, offset, false);
    const statistics = ops.bnStats(x, epsilon);
    const count = x.shape.slice(0, -1).reduce((product, length) => product * length, 1);
    ops.ema(`${layer}/bn/mean`, ops.row(statistics, 0), 1 - momentum);
    ops.ema(`${layer}/bn/variance`, ops.mul(ops.row(statistics, 1), count / (count - 1)), 1 - momentum);
    return ops.bnApply(x, statistics, scale, offset, true);
  });
}

function forward(ops: Ops, metadata: StepsMetadata, samples: number, training: boolean): ModuleTerms {
  const { image, classes, scn, batchNorm } = metadata;
  const convolution = (x: Tensor, layer: string, size: number, channels: number, stride: number): Tensor => {
    const filter = ops.scope(layer, () => ops.parameter('filter', [size, size, x.shape[3]!, channels], zeros));
    return normalize(ops, ops.scope(layer, () => ops.conv2d(x, filter, { stride, padding: (size - 1) / 2 })), layer, batchNorm, training);
  };
  const first = ops.relu(convolution(ops.input('images', [samples, image.height, image.width, image.channels]), 'conv1', 5, 4, 2));
  const skip = ops.relu(convolution(ops.maxPool(first, { size: 2 }), 'conv2', 3, 8, 1));
  const features = ops.mean(ops.relu(ops.add(convolution(skip, 'conv3', 3, 8, 1), skip)), [1, 2]);
  const inputs = {
    x: features,
    weights: ops.parameter('classifier/weights', [8, classes], zeros),
    bias: ops.parameter('classifier/bias', [classes], zeros),
    importanceWeights: ops.parameter('importance/weights', [8, 1], zeros),
    importanceBias: ops.parameter('importance/bias', [1], zeros),
    targets: ops.input('targets', [samples, classes]),
  };
  return scnTerms(ops, inputs, { margin1: scn.margin1, lossMix: null, weightBias: true, highCount: scn.highCount });
}

/** A training step; `gradients` adds them to the outputs, by parameter. */
export function goldenStep(metadata: StepsMetadata, gradients: boolean): Graph {
  return trace((ops) => {
    const { high, meanHigh, meanLow, ...terms } = forward(ops, metadata, metadata.batchSize, true);
    const names = metadata.parameters.map(({ name }) => name);
    const found = ops.gradients(terms.total, names.map((name) => ops.read(name)));
    for (const { name, shape } of metadata.parameters) for (const slot of ['m', 'v'] as const) ops.slot(slotName(name, slot), shape);
    const { beta1, beta2, epsilon, weightDecay, decoupled } = metadata.optimizer;
    const scalars = ['rate', 'correction1', 'correction2'].map((name) => ops.input(name, []));
    ops.call('adam', [...scalars, ...found.map((gradient) => gradient!)], {
      parameters: names, beta1, beta2, epsilon, weightDecay: names.map(() => weightDecay), decoupled,
    });
    return {
      alpha: terms.alpha, perSample: terms.perSample, high: high!, meanHigh: meanHigh!, meanLow: meanLow!, loss: terms.total,
      crossEntropy: terms.crossEntropy, rankRegularization: terms.rankRegularization,
      probabilities: ops.softmax(terms.weightedLogits), rawProbabilities: ops.softmax(terms.logits),
      ...(gradients && Object.fromEntries(names.map((name, i) => [`gradient/${name}`, found[i]!]))),
    };
  });
}

/** Evaluation of all samples with running statistics. */
export function goldenEvaluation(metadata: StepsMetadata): Graph {
  return trace((ops) => {
    const { alpha, weightedLogits } = forward(ops, metadata, metadata.samples, false);
    return { alpha, probabilities: ops.softmax(weightedLogits) };
  });
}
