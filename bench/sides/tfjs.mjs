/**
 * The same training step in TensorFlow.js, as its users write it: `variableGrads` and `train.adam`.
 *
 * On its WebGPU backend all kernels are stock ones. On WebAssembly, one thread in Node, stock tfjs cannot train a convolution:
 * the backend has no `Conv2DBackpropFilter`. One is registered that is made of stock kernels, which is the least that a user
 * has to add (variant `stock`). The variant `composed` also takes the input gradient from the forward convolution, since the
 * stock kernel for it is a plain loop; the faster of both counts.
 */
import { registerGradients } from '#tfjs-gradients';
import * as tf from '@tensorflow/tfjs-core';
import { BenchError } from '../error.mjs';
import { isParameter, oneHot } from './arrays.mjs';
import { backbone } from './backbones.mjs';

const inputKernel = 'Conv2DBackpropInput';

/** @param {{ device: 'wasm' | 'webgpu' }} setUp */
export async function open({ problem, arrays, device }) {
  await startBackend(device);
  await registerGradients();
  const kernels = device === 'wasm' ? wasmKernels() : { default: null };
  const images = arrays.images.map((data) => tf.tensor(data, imageShape(problem)));
  const targets = arrays.labels.map((labels) =>
    tf.tensor2d(oneHot(labels, problem.classes), [problem.batchSize, problem.classes]),
  );
  const trainings = new Map(Object.keys(kernels).map((variant) => [variant, startTraining(problem, arrays.states)]));
  return {
    description: { name: `tfjs-backend-${device}`, threads: 1, variants: Object.keys(kernels) },
    step: async (variant) => {
      if (kernels[variant]) {
        tf.unregisterKernel(inputKernel, 'wasm');
        tf.registerKernel(kernels[variant]);
      }
      const training = trainings.get(variant);
      const batch = training.done++ % problem.batches;
      const { objective, outputs } = training.step(images[batch], targets[batch]);
      await Promise.all(outputs.map((output) => output.data()));
      const [value] = await objective.data();
      tf.dispose([objective, outputs]);
      return value;
    },
    statistics: (variant) => Promise.all(trainings.get(variant).statistics.map((variable) => variable.data())),
  };
}

/** The backend registers itself where it finds what it needs; without that tfjs would compute on another one. */
async function startBackend(device) {
  await (device === 'wasm' ? import('@tensorflow/tfjs-backend-wasm') : import('@tensorflow/tfjs-backend-webgpu'));
  if ((await tf.setBackend(device)) && tf.getBackend() === device) return;
  throw new BenchError(`tfjs's backend '${device}' did not start. Run npm ci`);
}

/** Input gradients, by variant; the filter gradient is registered. */
function wasmKernels() {
  tf.registerKernel({ kernelName: 'Conv2DBackpropFilter', backendName: 'wasm', kernelFunc: filterGradient });
  const stock = tf.getKernel(inputKernel, 'wasm');
  return {
    stock,
    composed: { ...stock, kernelFunc: (call) => inputGradient(call) ?? stock.kernelFunc(call) },
  };
}

function imageShape({ batchSize, model: { options } }) {
  return [batchSize, options.size, options.size, options.channels];
}

/** Variables of one training and its step. */
function startTraining(problem, states) {
  const variables = new Map(
    [...states].map(([name, { data, shape }]) => [name, tf.variable(tf.tensor(data, shape), isParameter(name))]),
  );
  const all = [...variables.values()];
  const parameters = all.filter(({ trainable }) => trainable);
  const { learningRate, beta1, beta2, epsilon } = problem.optimizer;
  const optimizer = tf.train.adam(learningRate, beta1, beta2, epsilon);
  const weight = tf.ones([problem.batchSize]);

  const layers = {
    has: (name) => variables.has(name),
    convolution: (x, layer, stride) => {
      const filter = variables.get(`${layer}/filter`);
      const padding = (filter.shape[0] - 1) / 2;
      return batchNorm(tf.conv2d(x, filter, stride, padding, 'NHWC', 1, 'floor'), `${layer}/bn`);
    },
    relu: tf.relu,
    add: tf.add,
    maxPool: (x, { size, stride, padding }) => tf.maxPool(x, size, stride, padding, 'floor'),
    averagePool: (x) => tf.mean(x, [1, 2]),
    fork: (x) => [x, x],
  };
  const batchNorm = (x, layer) => {
    const { epsilon: added, kept } = problem.batchNorm;
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    const count = x.size / x.shape[3];
    const follow = (part, value) => {
      const running = variables.get(`${layer}/${part}`);
      running.assign(tf.add(tf.mul(running, kept), tf.mul(value, 1 - kept)));
    };
    follow('mean', mean);
    follow('variance', tf.mul(variance, count / (count - 1)));
    return tf.batchNorm(x, mean, variance, variables.get(`${layer}/offset`), variables.get(`${layer}/scale`), added);
  };
  const linear = (x, layer) => tf.add(tf.matMul(x, variables.get(`${layer}/weights`)), variables.get(`${layer}/bias`));

  /** Objective from before the update, and what `train()` reads of a step besides. */
  const step = (images, targets) =>
    tf.tidy(() => {
      let outputs = [];
      const { value, grads } = tf.variableGrads(() => {
        const features = backbone(layers, images, problem.model);
        const logits = linear(features, 'classifier');
        const alpha = problem.rank ? tf.sigmoid(linear(features, 'importance')) : null;
        const weighted = alpha ? tf.mul(logits, alpha) : logits;
        const perSample = tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(weighted)), 1));
        const loss = tf.div(tf.sum(tf.mul(perSample, weight)), tf.sum(weight));
        outputs = [perSample, tf.softmax(logits), ...(alpha ? [tf.softmax(weighted), alpha] : [])].map(tf.keep);
        return alpha ? tf.add(loss, rankRegularization(tf.reshape(alpha, [-1]), problem.rank)) : loss;
      }, parameters);
      optimizer.applyGradients(grads);
      return { objective: value, outputs };
    });
  return { done: 0, step, statistics: all.filter(({ trainable }) => !trainable) };
}

/** Groups by alpha, ties by index; the order is a constant of the step. */
function rankRegularization(alpha, { highCount, margin, weight }) {
  const high = tf.customGrad((values) => ({
    value: tf.sum(tf.oneHot(tf.topk(values, highCount).indices, values.size), 0),
    gradFunc: (dy) => tf.zerosLike(dy),
  }))(alpha);
  const meanHigh = tf.div(tf.sum(tf.mul(alpha, high)), highCount);
  const meanLow = tf.div(tf.sum(tf.mul(alpha, tf.sub(1, high))), alpha.size - highCount);
  return tf.mul(tf.relu(tf.sub(margin, tf.sub(meanHigh, meanLow))), weight);
}

/**
 * Gradient for a filter as a convolution: channels take the place of images and images that of channels, the gradient for
 * the value is the filter, the stride becomes its dilation.
 */
function filterGradient({ inputs: { x, dy }, attrs: { strides, pad, filterShape } }) {
  const [height, width, depth, channels] = filterShape;
  return tf.tidy(() => {
    const filter = tf.transpose(dy, [1, 2, 0, 3]);
    const images = tf.pad(tf.transpose(x, [3, 1, 2, 0]), [
      [0, 0],
      [pad, pad],
      [pad, pad],
      [0, 0],
    ]);
    const taps = tf.conv2d(images, filter, 1, 'valid', 'NHWC', strides);
    // Rows and columns that the stride left over would be further taps.
    return tf.transpose(tf.slice(taps, [0, 0, 0, 0], [depth, height, width, channels]), [1, 2, 0, 3]);
  });
}

/**
 * Gradient for the images as a convolution of dy, spread by the stride, with the turned filter.
 *
 * @returns {tf.Tensor | null} null where the padding is wider than the filter
 */
function inputGradient({ inputs: { dy, filter }, attrs: { strides, pad, inputShape } }) {
  const [height, width] = filter.shape;
  if (pad >= Math.min(height, width)) return null;
  const [n, rows, columns, channels] = dy.shape;
  const stride = Array.isArray(strides) ? strides[0] : strides;
  return tf.tidy(() => {
    const gaps = [
      [0, 0],
      [0, 0],
      [0, stride - 1],
      [0, 0],
      [0, stride - 1],
      [0, 0],
    ];
    const spread =
      stride === 1
        ? dy
        : tf.slice(
            tf.reshape(tf.pad(tf.reshape(dy, [n, rows, 1, columns, 1, channels]), gaps), [
              n,
              rows * stride,
              columns * stride,
              channels,
            ]),
            [0, 0, 0, 0],
            [n, (rows - 1) * stride + 1, (columns - 1) * stride + 1, channels],
          );
    // Zeros so that every place of the image has its window.
    const around = (size, length, taps) => [taps - 1 - pad, size - length + pad];
    const padded = tf.pad(spread, [
      [0, 0],
      around(inputShape[1], spread.shape[1], height),
      around(inputShape[2], spread.shape[2], width),
      [0, 0],
    ]);
    const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
    return tf.conv2d(padded, turned, 1, 'valid');
  });
}
