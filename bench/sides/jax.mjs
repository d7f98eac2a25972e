/**
 * The same training step in jax-js: one function, compiled by `jit`, as its users write it. The layout is [N, C, H, W], the
 * only one of its convolutions. A value is freed at its last use; `ref` keeps it for one use more.
 */
import { BenchError } from '../error.mjs';
import { isParameter, oneHot } from './arrays.mjs';
import { backbone } from './backbones.mjs';

/** @param {{ device: 'wasm' | 'webgpu' }} setUp one thread on WebAssembly, in Node */
export async function open({ problem, arrays: { states, images: batches, labels }, device }) {
  const jax = await loadJax(device);
  const { numpy: np, jit, tree } = jax;
  const entries = [...states];
  let parameters = Object.fromEntries(entries.filter(([name]) => isParameter(name)).map(placed(np)));
  let statistics = Object.fromEntries(entries.filter(([name]) => !isParameter(name)).map(placed(np)));
  const zeros = () =>
    Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, np.zeros(shape)]));
  let slots = { m: zeros(), v: zeros() };
  const { options } = problem.model;
  const images = batches.map((data) => channelsFirst(data, [problem.batchSize, options.size ** 2, options.channels]));
  const targets = labels.map((batch) => oneHot(batch, problem.classes));
  const update = jit(trainingStep(jax, problem));
  let done = 0;
  return {
    description: { name: `jax-js ${device}`, threads: 1, variants: ['default'] },
    step: async () => {
      const batch = done++ % problem.batches;
      const { beta1, beta2 } = problem.optimizer;
      const corrections = Float32Array.of(1 / (1 - beta1 ** done), 1 / (1 - beta2 ** done));
      const result = update(
        parameters,
        slots,
        statistics,
        np.array(images[batch]).reshape([problem.batchSize, options.channels, options.size, options.size]),
        np.array(targets[batch]).reshape([problem.batchSize, problem.classes]),
        np.array(corrections),
      );
      ({ parameters, slots, statistics } = result);
      await Promise.all(result.outputs.map((output) => output.data()));
      return (await result.objective.data())[0];
    },
    statistics: () => Promise.all(Object.values(tree.ref(statistics)).map((values) => values.data())),
  };
}

async function loadJax(device) {
  const jax = await import('@jax-js/jax').catch((cause) => {
    throw new BenchError("'@jax-js/jax' is not installed. Run npm ci", { cause });
  });
  if (!(await jax.init(device)).includes(device))
    throw new BenchError(`jax-js's backend '${device}' did not start. In Node, use 20.19 or later`);
  jax.defaultDevice(device);
  return jax;
}

/** A named array of the problem as jax-js takes it: filters [out, in, height, width]. */
function placed(np) {
  return ([name, { data, shape }]) => [
    name,
    shape.length === 4
      ? np.array(outerProductsFirst(data, shape)).reshape([shape[3], shape[2], shape[0], shape[1]])
      : np.array(data).reshape([...shape]),
  ];
}

/** [height, width, in, out] to [out, in, height, width]. */
function outerProductsFirst(data, [height, width, inputs, outputs]) {
  const moved = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const output = i % outputs;
    const input = Math.floor(i / outputs) % inputs;
    const tap = Math.floor(i / (outputs * inputs));
    moved[(output * inputs + input) * height * width + tap] = data[i];
  }
  return moved;
}

/** [N, pixels, channels] to [N, channels, pixels]. */
function channelsFirst(data, [, pixels, channels]) {
  const moved = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const channel = i % channels;
    const pixel = Math.floor(i / channels) % pixels;
    const sample = Math.floor(i / (channels * pixels));
    moved[(sample * channels + channel) * pixels + pixel] = data[i];
  }
  return moved;
}

/** The whole step: forward pass, loss, gradients, Adam; everything else follows from its arguments. */
function trainingStep({ numpy: np, lax, nn, valueAndGrad, tree }, problem) {
  const { rank, batchNorm, batchSize, optimizer } = problem;

  /** Layers over weights; running statistics go into `followed`. */
  const layersOver = (weights, statistics, followed) => {
    const normalize = (x, layer) => {
      const [n, channels, height, width] = x.shape;
      const count = n * height * width;
      const perChannel = (values) => values.reshape([1, channels, 1, 1]);
      const mean = np.mean(x.ref, [0, 2, 3]);
      const centered = x.sub(perChannel(mean.ref));
      const variance = np.mean(np.square(centered.ref), [0, 2, 3]);
      const follow = (part, value) => {
        const name = `${layer}/${part}`;
        followed[name] = statistics[name].mul(batchNorm.kept).add(lax.stopGradient(value).mul(1 - batchNorm.kept));
      };
      follow('mean', mean);
      follow('variance', variance.ref.mul(count / (count - 1)));
      const scale = weights[`${layer}/scale`].mul(np.reciprocal(np.sqrt(variance.add(batchNorm.epsilon))));
      return centered.mul(perChannel(scale)).add(perChannel(weights[`${layer}/offset`]));
    };
    return {
      has: (name) => name in weights,
      convolution: (x, layer, stride) => {
        const filter = weights[`${layer}/filter`];
        const padding = (filter.shape[2] - 1) / 2;
        const around = [padding, padding];
        return normalize(lax.conv(x, filter, [stride, stride], [around, around]), `${layer}/bn`);
      },
      relu: nn.relu,
      add: (a, b) => a.add(b),
      maxPool: (x, { size, stride, padding }) => {
        // Zeros are no maximum of their own: pooling follows a ReLU.
        const around = [padding, padding];
        const padded = padding > 0 ? np.pad(x, [[0, 0], [0, 0], around, around]) : x;
        return lax.reduceWindow(padded, np.max, [size, size], [stride, stride]);
      },
      averagePool: (x) => np.mean(x, [2, 3]),
      fork: (x) => [x.ref, x],
    };
  };

  /** Objective, with running statistics and what `train()` reads of a step besides. */
  const objective = (weights, statistics, images, targets) => {
    const followed = {};
    const features = backbone(layersOver(weights, statistics, followed), images, problem.model);
    const linear = (x, layer) => np.matmul(x, weights[`${layer}/weights`]).add(weights[`${layer}/bias`]);
    const logits = linear(rank ? features.ref : features, 'classifier');
    const outputs = [nn.softmax(logits.ref)];
    let alpha = null;
    let weighted = logits;
    if (rank) {
      alpha = nn.sigmoid(linear(features, 'importance'));
      weighted = logits.mul(alpha.ref);
      outputs.push(nn.softmax(weighted.ref), alpha.ref);
    }
    const perSample = np.sum(nn.logSoftmax(weighted).mul(targets), -1).neg();
    outputs.push(perSample.ref);
    const loss = np.mean(perSample);
    return [rank ? loss.add(rankRegularization(alpha.reshape([batchSize]))) : loss, [followed, outputs]];
  };

  /** The order is a constant of the step. */
  const rankRegularization = (alpha) => {
    const constant = lax.stopGradient(alpha.ref);
    const larger = np
      .greater(constant.ref.reshape([1, batchSize]), constant.reshape([batchSize, 1]))
      .astype(np.float32);
    const high = np.less(np.sum(larger, 1), rank.highCount).astype(np.float32);
    const meanHigh = np.sum(alpha.ref.mul(high.ref)).div(rank.highCount);
    const meanLow = np.sum(alpha.mul(high.neg().add(1))).div(batchSize - rank.highCount);
    return nn.relu(meanHigh.sub(meanLow).neg().add(rank.margin)).mul(rank.weight);
  };

  const { learningRate, beta1, beta2, epsilon } = optimizer;
  return (parameters, slots, statistics, images, targets, corrections) => {
    const differentiated = valueAndGrad(objective, { hasAux: true });
    const [[value, [followed, outputs]], gradients] = differentiated(tree.ref(parameters), statistics, images, targets);
    const next = { parameters: {}, slots: { m: {}, v: {} }, statistics: followed, objective: value, outputs };
    for (const [name, parameter] of Object.entries(parameters)) {
      const m = slots.m[name].mul(beta1).add(gradients[name].ref.mul(1 - beta1));
      const v = slots.v[name].mul(beta2).add(np.square(gradients[name]).mul(1 - beta2));
      const scaled = m.ref.mul(corrections.ref.slice(0)).mul(learningRate);
      next.parameters[name] = parameter.sub(scaled.div(np.sqrt(v.ref.mul(corrections.ref.slice(1))).add(epsilon)));
      next.slots.m[name] = m;
      next.slots.v[name] = v;
    }
    corrections.dispose();
    return next;
  };
}
