import { weakRun } from '@selfcure/experiments';
import type { FacesData, FerData, NoiseSpec, RunSpec } from '@selfcure/experiments';
import { modelNames } from '@selfcure/models';
import { readChoice } from '../argument/choice.ts';
import { readNumbers } from '../argument/number-option.ts';
import { UsageError } from '../errors.ts';
import { ferLabels, noiseKinds, noiseNumbers, pretrainNumbers, runNumbers } from './declare-arguments.ts';
import { defaultRun } from './defaults.ts';
import type { ExperimentName } from './settings.ts';

type Arguments = Readonly<Record<string, unknown>>;

/**
 * The run that an experiment varies.
 *
 * @param folder of FER2013; null for faces.
 * @throws UsageError naming the option that is wrong or does not belong to the data.
 */
export function readRun(name: ExperimentName, args: Arguments, folder: string | null): RunSpec {
  const number = readNumbers(runNumbers, args);
  const standard = defaultRun(name, folder);
  const { model, augmentation } = standard;
  const labels = readChoice('train-labels', args['train-labels'], ferLabels);
  const data =
    standard.data.kind === 'faces' ? faces(standard.data, args, number) : fer(standard.data, args, number, labels);
  const run: RunSpec = {
    ...standard,
    data,
    noise: name === 'noise' || name === 'real-noise' ? standard.noise : readNoise(standard, args, labels),
    model: {
      name: readChoice('model', args['model'], modelNames) ?? model.name,
      width: number.width ?? model.width,
    },
    epochs: number.epochs ?? standard.epochs,
    batchSize: number.batch ?? standard.batchSize,
    learningRate: number.lr ?? standard.learningRate,
    weightDecay: number['weight-decay'] ?? standard.weightDecay,
    augmentation: { shift: number.shift ?? augmentation.shift, flip: args['flip'] !== false },
  };
  if (run.data.samples !== null && run.data.samples < run.batchSize)
    throw new UsageError(`--batch: ${run.batchSize} is more than the ${run.data.samples} training samples`);
  const before = readNumbers(pretrainNumbers, args)['pretrain-epochs'] ?? 0;
  return before === 0 ? run : { ...run, pretrain: { ...weakRun(run), epochs: before } };
}

type Numbers = ReturnType<typeof readNumbers<typeof runNumbers>>;

function faces(standard: FacesData, args: Arguments, number: Numbers): FacesData {
  if (args['train-labels'] !== undefined) throw new UsageError('--train-labels belongs to a folder; DATA is faces');
  return {
    ...standard,
    samples: number.samples ?? standard.samples,
    testSamples: number['test-samples'] ?? standard.testSamples,
    size: number.size ?? standard.size,
    seed: number['data-seed'] ?? standard.seed,
  };
}

function fer(standard: FerData, args: Arguments, number: Numbers, labels?: FerData['labels']): FerData {
  for (const option of ['size', 'test-samples'])
    if (args[option] !== undefined) throw new UsageError(`--${option} belongs to DATA faces`);
  return {
    ...standard,
    labels: labels ?? standard.labels,
    samples: number.samples ?? standard.samples,
    seed: number['data-seed'] ?? standard.seed,
  };
}

/** Wrong labels that are put in; none into FER2013's own labels, which hold enough, unless they are asked for. */
function readNoise({ noise }: RunSpec, args: Arguments, labels?: FerData['labels']): NoiseSpec | null {
  const kind = readChoice('noise-kind', args['noise-kind'], [...noiseKinds, 'none']);
  const { rate } = readNumbers(noiseNumbers, args);
  if (kind === 'none') {
    if (rate !== undefined)
      throw new UsageError('--rate belongs to wrong labels that are put in; --noise-kind is none');
    return null;
  }
  if (kind === undefined && rate === undefined && labels === 'fer2013') return null;
  if (kind === undefined && rate === undefined) return noise;
  return { kind: kind ?? noise?.kind ?? 'symmetric', rate: rate ?? noise?.rate ?? 0.3 };
}
