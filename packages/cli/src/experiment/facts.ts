import type { NoiseSpec, Result, RunSpec } from '@selfcure/experiments';
import { duration } from '../output/format.ts';
import type { Surroundings } from './machine.ts';
import type { ExperimentSettings } from './settings.ts';

/** What was done, as names and values that a reader can check. */
export function factsOf(
  { base, seeds, name }: ExperimentSettings,
  results: readonly Result[],
  { versions, machine, commit }: Surroundings,
): readonly (readonly [name: string, value: string])[] {
  const engines = [
    ...new Set(
      results.map(
        ({
          outcome: {
            engine: { name: engine, device, precision },
          },
        }) => `${engine}${device === engine ? '' : ` on ${device}`}, ${precision}`,
      ),
    ),
  ];
  const seconds = results.reduce((sum, { outcome }) => sum + (outcome.figures['seconds'] ?? 0), 0);
  return [
    ['data', dataText(base)],
    ['wrong labels', name === 'noise' ? 'see the table' : noiseText(base)],
    ['network', `${base.model.name}, width ${base.model.width}${operations(base, results)}`],
    [
      'training',
      `${base.epochs} epochs of batches of ${base.batchSize}; Adam, peak learning rate ${base.learningRate} (warm-up of one epoch, then cosine to 0), L2 ${base.weightDecay}; ${augmentationText(base)}`,
    ],
    [
      'seeds',
      `${seeds.join(', ')}: within a seed all rows share first weights, order, augmentation, faces and wrong labels`,
    ],
    ['runs', `${results.length}, ${duration(seconds)} of training in all`],
    ['engine', engines.join('; ') || 'none yet'],
    [
      'machine',
      machine
        ? `${machine.platform}, ${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB; Node ${versions.node}`
        : 'those of the workers that took the runs',
    ],
    [
      'version',
      `selfcure ${versions.selfcure}${commit ? `, commit ${commit.hash.slice(0, 12)}${commit.modified ? ' with changes' : ''}` : ''}`,
    ],
  ];
}

function dataText({ data }: RunSpec): string {
  if (data.kind === 'faces')
    return `${data.samples} procedural faces of ${data.size} x ${data.size} pixels to train on; ${data.testSamples} others for validation and ${data.testSamples} for the test, with right labels; other faces for every seed`;
  const labels = data.labels === 'fer2013' ? "FER2013's own labels" : "the majority of FER+'s votes";
  return `${data.samples ?? 'all'} training images of FER2013 with ${labels}, chosen in proportion to the classes; validation and test: the majority of FER+'s votes, without images that an earlier split holds`;
}

function noiseText({ noise, data }: RunSpec): string {
  if (noise) return `${noiseName(noise)} of the training labels, put in`;
  return data.kind === 'fer' && data.labels === 'fer2013' ? 'those of FER2013' : 'none';
}

/** Wrong labels in a few words. */
const noiseName = ({ kind, rate }: NoiseSpec): string => `${kind}, ${Math.round(1000 * rate) / 10} %`;

const augmentationText = ({ augmentation: { shift, flip } }: RunSpec): string =>
  [flip && 'mirrored images', shift > 0 && `shifts up to ${shift} pixels`].filter(Boolean).join(', ') ||
  'images as they are';

/** Floating-point operations of the training steps of one run like the first. */
function operations({ epochs, batchSize, data }: RunSpec, results: readonly Result[]): string {
  const flops = results[0]?.outcome.figures['stepFlops'];
  if (!flops || data.samples === null) return '';
  const run = flops * Math.floor(data.samples / batchSize) * epochs;
  return `; ${(flops / batchSize / 1e6).toPrecision(3)} million floating-point operations a training image, ${(run / 1e9).toPrecision(3)} billion a run`;
}
