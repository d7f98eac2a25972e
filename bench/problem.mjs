/** What both sides of a comparison compute: network, first weights, batches and the numbers of method and optimizer. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  encodeSafetensors,
  initialState,
  measureNormalization,
  normalize,
  randomStream,
  rankMargin,
} from '@selfcure/core';
import { facesDataset } from '@selfcure/data';
import { BenchError } from './error.mjs';
import { modelByName } from './models.mjs';
import { methodOf, stepOf } from './step-graph.mjs';

/**
 * Batches that the steps take in turn. Their labels are random and they are many, so that the loss stays far from 0 in a
 * run: a network that has learned everything computes with denormal numbers, at another speed.
 */
const batches = 32;

/** Height and width of the smallest image that `facesDataset` draws. */
const smallestFace = 16;

/** Options of `adam()`, PyTorch's defaults. */
const optimizer = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * Plain data, for sides in any language.
 *
 * @typedef {object} Problem
 * @property {{ name: string, options: Record<string, unknown> }} model as {@link modelByName} takes them
 * @property {number} batchSize
 * @property {number} classes
 * @property {number} batches
 * @property {string} recipe
 * @property {{ highCount: number, margin: number, weight: number } | null} rank size M of the high-importance group, margin
 *   and factor of the rank regularization
 * @property {typeof optimizer} optimizer
 * @property {{ epsilon: number, kept: number }} batchNorm `kept`: share that the running statistics keep at a step
 * @property {string} arrays a safetensors file: `images` [batches, N, height, width, channels], `labels` [batches, N] and every
 *   parameter and statistic as `state/<name>`; filters [height, width, in, out], dense weights [in, out]
 */

/**
 * Makes a problem and writes its arrays into a folder.
 *
 * @param {{ model: string, size: number, channels: number, width: number, classes?: number, batch: number, recipe: string, seed: number }} options
 *   `classes`: default the model's
 * @param {string} folder
 * @returns {Promise<Problem>}
 * @throws {OptionError} where the model refuses an option
 */
export async function makeProblem({ model: name, size, channels, width, classes: given, batch, recipe, seed }, folder) {
  const {
    name: family,
    options,
    classes,
  } = modelByName(name, {
    ...{ size, channels, width },
    ...(given !== undefined && { classes: given }),
  });
  const outline = { model: { name: family, options }, batchSize: batch, classes, batches, recipe, optimizer };
  const { graph } = stepOf(outline);
  const states = graph.state.filter(({ kind }) => kind !== 'slot');
  const values = initialState(states, seed);
  const arrays = {
    images: { data: await drawImages({ size, channels, batch, seed }), shape: [batches, batch, size, size, channels] },
    labels: { data: drawLabels({ classes, batch, seed }), shape: [batches, batch] },
    ...Object.fromEntries(states.map(({ name: state, shape }) => [`state/${state}`, { data: values[state], shape }])),
  };
  const path = join(folder, `${recipe}.safetensors`);
  writeFileSync(path, encodeSafetensors(arrays));
  return { ...outline, rank: rankOf(recipe, batch), batchNorm: batchNormOf(graph), arrays: path };
}

/** Procedural faces, normalized; their grey stands in every channel. The smallest images are the middles of larger ones. */
async function drawImages({ size, channels, batch, seed }) {
  const drawn = Math.max(size, smallestFace);
  const faces = facesDataset({ samples: batches * batch, seed, size: drawn });
  const whole = normalize(faces.read([...faces.labels.keys()]), await measureNormalization(faces));
  const grey = drawn === size ? whole : middles(whole, drawn, size);
  return channels === 1
    ? grey
    : Float32Array.from({ length: grey.length * channels }, (_, i) => grey[Math.floor(i / channels)]);
}

/** The middle of every image, `to` rows and columns of `from`. */
function middles(images, from, to) {
  const border = Math.floor((from - to) / 2);
  return Float32Array.from({ length: (images.length / from ** 2) * to ** 2 }, (_, i) => {
    const [row, column] = [Math.floor(i / to) % to, i % to];
    return images[Math.floor(i / to ** 2) * from ** 2 + (row + border) * from + column + border];
  });
}

function drawLabels({ classes, batch, seed }) {
  const stream = randomStream({ seed, purpose: 'bench/labels' });
  return Int32Array.from({ length: batches * batch }, () => Math.floor(stream.uniform() * classes));
}

/** Numbers of the rank regularization, null for a method without it. */
function rankOf(recipe, batch) {
  const { regularizers } = methodOf(recipe).options;
  if (regularizers.length === 0) return null;
  const [{ name, beta, margin, weight }] = regularizers;
  if (name !== 'rank') throw new BenchError(`recipe '${recipe}' has a regularizer '${name}', which the peers lack`);
  const highCount = Math.min(Math.max(Math.floor(beta * batch), 1), batch - 1);
  return { highCount, margin: margin ?? rankMargin(batch), weight };
}

/** Constants of the batch normalization, as they stand in the graph. */
function batchNormOf({ nodes }) {
  const epsilon = nodes.find(({ op }) => op === 'bnStats').attributes.epsilon;
  const average = nodes.find(({ op, attributes }) => op === 'ema' && attributes.name.endsWith('/bn/mean'));
  return { epsilon, kept: average.inputs.at(-1).attributes.value };
}
