/**
 * Real label noise: train on FER2013's labels, test on the majority of the ten FER+ votes (a third of them differ).
 *
 *   npm run example -- real-noise FOLDER [images] [width] [epochs]
 *
 * FOLDER holds Kaggle's fer2013.csv and FER+'s fer2013new.csv. Images that occur in two splits are kept out of the test.
 */
import { adam, ce, ceRelabel, cosineDecay, cure, evaluate, scn, train } from '@selfcure/core';
import { classProportionalSubset, faceAugmentation } from '@selfcure/data';
import { ferDataset } from '@selfcure/data/node';
import { faceCnn } from '@selfcure/models';
import { wasm } from '@selfcure/wasm';
import { compare, resultOf } from '../compare.ts';

const [folder, images = '3000', width = '0.5', epochs = '20'] = process.argv.slice(2);
if (!folder) {
  console.error('usage: npm run example -- real-noise FOLDER [images] [width] [epochs]');
  process.exit(2);
}
const settings = {
  images: Number(images),
  width: Number(width),
  epochs: Number(epochs),
  batchSize: 64,
  learningRate: 2e-3,
  weightDecay: 1e-4,
  relabelEpoch: Math.floor(Number(epochs) / 3) + 1,
  seeds: [0, 1, 2],
};
const { relabelEpoch } = settings;
const recipes = {
  'cross-entropy': () => ce(),
  'cross-entropy + relabelling': () => ceRelabel({ start: relabelEpoch }),
  'SCN, paper': () => scn({ relabelEpoch }),
  'SCN, official code': () => scn({ preset: 'official-code', relabelEpoch }),
  'cure (safe)': () => cure({ start: relabelEpoch }),
};

await compare({
  title: 'Protocol B: FER2013 labels, FER+ majority as truth',
  description:
    `${settings.images} training images, class-proportional, whose FER2013 labels are used as they are; tested on FER+ majority, duplicates kept out; face CNN at width ` +
    `${settings.width}, ${settings.epochs} epochs, batches of ${settings.batchSize}, shift and flip, Adam with a cosine schedule from ${settings.learningRate}, ` +
    `relabelling from epoch ${relabelEpoch}; last epoch. Seeds move images, first weights, order and augmentation, and are paired.`,
  jobs: settings.seeds.flatMap((seed) => Object.keys(recipes).map((recipe) => ({ recipe, seed }))),
  settings,
  out: 'runs/real-noise',
  run: async (job) => {
    const all = await ferDataset({
      folder,
      split: 'train',
      labels: 'fer2013',
      truth: 'majority',
      requireTruth: true,
      repeats: 'first',
    });
    const data = await classProportionalSubset(all, { samples: settings.images, seed: job.seed });
    const test = await ferDataset({ folder, split: 'test', labels: 'majority', twins: 'drop' });
    const backend = await wasm();
    const run = await train({
      backend,
      data,
      seed: job.seed,
      model: faceCnn({ width: settings.width }),
      recipe: recipes[job.recipe as keyof typeof recipes](),
      augmentation: faceAugmentation(),
      epochs: settings.epochs,
      batchSize: settings.batchSize,
      optimizer: adam({
        learningRate: cosineDecay({ learningRate: settings.learningRate, warmUpEpochs: 1 }),
        weightDecay: settings.weightDecay,
      }),
    });
    return resultOf(job, run, await evaluate({ backend, model: run.model, data: test, batchSize: 128 }), data.truth!);
  },
});
