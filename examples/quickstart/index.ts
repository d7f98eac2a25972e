/**
 * Four ways to train on faces of which 30 % carry a wrong label, three seeds each, on WebAssembly:
 * plain cross-entropy, cross-entropy with published relabelling, SCN as published, and the safe recipe.
 *
 *   npm run quickstart
 *
 * The regime is one in which plain cross-entropy memorizes the wrong labels: few images, enough epochs.
 */
import { adam, ce, ceRelabel, cosineDecay, cure, evaluate, scn, train } from '@selfcure/core';
import { facesDataset, symmetricNoise } from '@selfcure/data';
import { faceCnn } from '@selfcure/models';
import { wasm } from '@selfcure/wasm';
import { compare, resultOf } from '../compare.ts';

const settings = {
  images: 1000,
  testImages: 1000,
  size: 32,
  noise: 0.3,
  epochs: 20,
  batchSize: 32,
  width: 0.5,
  learningRate: 2e-3,
  weightDecay: 1e-4,
  relabelEpoch: 7,
  faces: { intensity: [0.6, 1], pose: 0.3, identity: 0.6, light: 0.6, occlusion: 0.1 },
  seeds: [0, 1, 2],
} as const;

const { relabelEpoch } = settings;
const recipes = {
  'cross-entropy': () => ce(),
  'cross-entropy + relabelling': () => ceRelabel({ start: relabelEpoch }),
  'SCN as published': () => scn({ relabelEpoch }),
  'cure (safe)': () => cure({ start: relabelEpoch }),
};

await compare({
  title: 'selfcure quickstart: procedural faces, 30 % wrong labels',
  description:
    `${settings.images} training and ${settings.testImages} clean test faces of ${settings.size} x ${settings.size} pixels, drawn by program (figures on them ` +
    `say nothing about real faces); symmetric noise ${settings.noise}; face CNN at width ${settings.width}, ${settings.epochs} epochs, batches of ${settings.batchSize}, ` +
    `Adam with a cosine schedule from ${settings.learningRate}, relabelling from epoch ${relabelEpoch}; last epoch. Seeds move images, noise, first weights and order, and are paired.`,
  jobs: settings.seeds.flatMap((seed) => Object.keys(recipes).map((recipe) => ({ recipe, seed }))),
  settings,
  out: 'runs/quickstart',
  run: async (job) => {
    const { seed } = job;
    const faces = { size: settings.size, ...settings.faces };
    const clean = facesDataset({ samples: settings.images, seed: 100 + seed, ...faces });
    const data = symmetricNoise(clean, { rate: settings.noise, seed });
    const test = facesDataset({ samples: settings.testImages, seed: 200 + seed, ...faces });
    const backend = await wasm();
    const run = await train({
      backend,
      data,
      seed,
      model: faceCnn({ size: settings.size, width: settings.width }),
      recipe: recipes[job.recipe as keyof typeof recipes](),
      epochs: settings.epochs,
      batchSize: settings.batchSize,
      optimizer: adam({
        learningRate: cosineDecay({ learningRate: settings.learningRate, warmUpEpochs: 1 }),
        weightDecay: settings.weightDecay,
      }),
    });
    return resultOf(job, run, await evaluate({ backend, model: run.model, data: test, batchSize: 100 }), clean.truth);
  },
});
