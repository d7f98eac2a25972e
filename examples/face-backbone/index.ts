/**
 * A pretrained face backbone on FER+: its frozen middle layer with a linear head, by cross-entropy and by SCN; then the whole
 * net is trained from there.
 *
 *   npm install @vladmandic/face-api@1.7.15
 *   npm run example -- face-backbone FOLDER [images] [fine-tuning epochs] [resolution]
 *
 * FOLDER holds Kaggle's fer2013.csv and FER+'s fer2013new.csv. Labels are FER+'s majority in training and test, 7 classes. Features
 * are kept in runs/face-backbone; a second run does not compute them again.
 */
import { adam, ce, cosineDecay, evaluate, scn, train } from '@selfcure/core';
import type { Evaluation } from '@selfcure/core';
import { classProportionalSubset, faceAugmentation } from '@selfcure/data';
import { ferDataset } from '@selfcure/data/node';
import { extractFeatures, featureDataset, featureModel, foldFeatureHead } from '@selfcure/models';
import { featureCache, loadDlibFace } from '@selfcure/models/node';
import { wasm } from '@selfcure/wasm';

const [folder, images = '3000', tuning = '3', resolution = '150'] = process.argv.slice(2);
if (!folder) {
  console.error('usage: npm run example -- face-backbone FOLDER [images] [fine-tuning epochs] [resolution]');
  process.exit(2);
}

const started = performance.now();
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const say = (text: string): void =>
  console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${text}`);
const report = (name: string, { size, accuracy, balancedAccuracy }: Evaluation): void =>
  say(`${name}: ${percent(accuracy)} of ${size} test images, ${percent(balancedAccuracy)} balanced`);

const majority = { folder, labels: 'majority' } as const;
const all = await ferDataset({ ...majority, split: 'train', repeats: 'first' });
const data = await classProportionalSubset(all, { samples: Number(images), seed: 0 });
const test = await ferDataset({ ...majority, split: 'test', twins: 'drop' });
const backend = await wasm();

// 1. Features of the frozen middle layer.
const face = await loadDlibFace({ classes: 7, size: 48, channels: 1, resolution: Number(resolution) });
const cache = featureCache('runs/face-backbone/features');
let shown = 0;
const onProgress = (done: number, size: number): void => {
  if (done < shown) shown = 0;
  if (done - shown < 1000 && done !== size) return;
  shown = done;
  say(`features of ${done} of ${size}`);
};
const features = await extractFeatures({ backend, backbone: face, data, cache, onProgress });
const testFeatures = await extractFeatures({ backend, backbone: face, data: test, cache, onProgress });
say(`${features.length} features an image; ${features.cached + testFeatures.cached} images were in the cache`);

// 2. Linear heads on them.
const linearData = featureDataset(data, features);
const linearTest = featureDataset(test, testFeatures, { range: linearData.range });
const linear = (recipe: ReturnType<typeof ce>) =>
  train({
    backend,
    recipe,
    data: linearData,
    model: featureModel({ length: features.length, classes: 7 }),
    epochs: 20,
    batchSize: 64,
    seed: 0,
    optimizer: adam({ learningRate: cosineDecay({ learningRate: 1e-3 }), weightDecay: 1e-2 }),
  });
const crossEntropy = await linear(ce());
report(
  'linear head, cross-entropy',
  await evaluate({ backend, model: crossEntropy.model, data: linearTest, batchSize: 128 }),
);
const selfCure = await linear(scn({ relabelEpoch: 10 }));
report('linear head, SCN', await evaluate({ backend, model: selfCure.model, data: linearTest, batchSize: 128 }));

// 3. The whole net, from the linear head on.
const epochs = Number(tuning);
if (epochs > 0) {
  const head = foldFeatureHead(crossEntropy.model, linearData.range);
  const whole = await train({
    backend,
    recipe: ce(),
    data,
    epochs,
    batchSize: 32,
    seed: 0,
    augmentation: faceAugmentation(),
    optimizer: adam({ learningRate: cosineDecay({ learningRate: 1e-4, warmUpEpochs: 0.2 }), weightDecay: 1e-2 }),
    ...face,
    initialWeights: { ...face.initialWeights, ...head },
    callbacks: [
      {
        name: 'progress',
        onEpochEnd: ({ log }) =>
          say(`epoch ${log.epoch}: loss ${log.loss.toFixed(3)}, training accuracy ${percent(log.accuracy)}`),
      },
    ],
  });
  report('whole net', await evaluate({ backend, model: whole.model, data: test, batchSize: 32 }));
}
await backend.close();
