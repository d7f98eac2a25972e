import { modelNames } from '@selfcure/models';
import type { ArgsDef } from 'citty';
import { oneOf } from '../argument/choice.ts';
import { declareNumbers } from '../argument/number-option.ts';
import { defaultSeeds, fewRuns } from './defaults.ts';
import { numberList } from './list-option.ts';
import type { ExperimentName } from './settings.ts';

/** Number options of every experiment; where none is given, the data's defaults hold. */
export const runNumbers = {
  epochs: { description: 'passes over the data; default 25, FER2013 20', whole: true, from: 1, to: 100_000 },
  batch: { description: 'samples a step; default 64, FER2013 128', whole: true, from: 2, to: 65_536 },
  lr: { description: 'peak learning rate of adam; default 0.005, FER2013 0.002', from: 0, to: 100, open: true },
  'weight-decay': { description: 'L2 coefficient; default 0.0001', from: 0, to: 1 },
  width: { description: "factor of the model's channel counts; default 0.5, FER2013 1", from: 0, to: 16, open: true },
  samples: { description: 'training samples; default 1500, FER2013 10000', whole: true, from: 2, to: 10_000_000 },
  'test-samples': { description: 'faces to test on; default 1000', whole: true, from: 1, to: 10_000_000 },
  size: { description: 'side of the faces in pixels; default 24', whole: true, from: 16, to: 512 },
  'data-seed': { description: 'decides the faces, or which samples are chosen', whole: true, from: 0 },
  shift: { description: 'pixels at most that training images are shifted; default 0', whole: true, from: 0, to: 64 },
} as const;

/** Options that take several numbers. */
export const lists = {
  seeds: { description: 'seeds that every row is run with', whole: true, from: 0 },
  rate: { description: 'rates of every kind that is named without one; default 0.2', from: 0, to: 0.95 },
  margin1: { description: 'values of margin 1', from: 0, to: 1 },
  margin2: { description: 'values of margin 2', from: 0, to: 1 },
  beta: { description: 'values of beta', from: 0, to: 1 },
  verified: { description: 'numbers of verified labels, beside none; default 50,100,300', whole: true, from: 0 },
  budgets: { description: 'epochs of the rounds; default a ninth, a third and all of --epochs', whole: true, from: 1 },
} as const;

/** Number options of every experiment but `pretrain`, which compares pretraining itself. */
export const pretrainNumbers = {
  'pretrain-epochs': {
    description: 'passes over a weakly labelled set before: other faces, or the images of FER2013 that are not chosen',
    whole: true,
    from: 0,
    to: 100_000,
    default: 0,
  },
} as const;

/** Number options of some experiments. */
export const noiseNumbers = {
  rate: { description: 'share of wrong labels; default 0.3', from: 0, to: 0.95 },
} as const;
export const verifiedNumbers = {
  verified: {
    description: 'training labels that a person has verified, drawn at random',
    whole: true,
    from: 0,
    default: 0,
  },
} as const;
export const weakNumbers = {
  'weak-samples': { description: 'faces of the pretraining; default four times as many', whole: true, from: 2 },
  'weak-rate': {
    description: 'share of wrong labels put into the pretraining; default 0.4, FER2013 none',
    from: 0,
    to: 0.95,
  },
} as const;
export const sweepNumbers = {
  keep: { description: 'share of the settings that go on to the next round', from: 0.01, to: 0.99, default: 0.34 },
} as const;

/** Kinds of wrong labels that are put in. */
export const noiseKinds = ['symmetric', 'pair', 'fer-like', 'feature-dependent'] as const;
/** Training labels of a folder. */
export const ferLabels = ['fer2013', 'majority'] as const;

const recipes = {
  type: 'string',
  valueHint: 'NAME,NAME:OPTION=VALUE,…',
  description: 'recipes beside ce and ce + relabel, such as cure,scn:margin2=0.4,small-loss:rate=0.3',
} as const;

const noise: ArgsDef = {
  'noise-kind': oneOf([...noiseKinds, 'none'], 'wrong labels that are put in; default symmetric'),
  ...declareNumbers(noiseNumbers),
};

/** Options of one experiment alone. */
const own: Readonly<Record<ExperimentName, ArgsDef>> = {
  noise: {
    'noise-kind': {
      type: 'string',
      valueHint: 'KIND[:RATE],…',
      description: `kinds of wrong labels (${noiseKinds.join(', ')}), such as symmetric,feature-dependent:0.2; default symmetric at 0 to 40 %, the others at 20 %`,
    },
    rate: numberList(lists.rate),
    recipes,
  },
  ablation: noise,
  margins: {
    ...noise,
    margin1: numberList(lists.margin1),
    margin2: numberList(lists.margin2),
    beta: numberList(lists.beta),
    map: {
      type: 'boolean',
      default: true,
      description: 'every pair of margin 1 and margin 2',
      negativeDescription: 'one margin at a time',
    },
  },
  pretrain: { ...noise, ...declareNumbers(weakNumbers) },
  compare: { ...noise, recipes, ...declareNumbers(verifiedNumbers) },
  'real-noise': {},
  trusted: { ...noise, verified: numberList(lists.verified) },
  sweep: {
    ...noise,
    recipe: {
      type: 'string',
      valueHint: 'NAME:OPTION=VALUE',
      default: 'scn',
      description: 'recipe whose settings are chosen',
    },
    grid: {
      type: 'string',
      required: true,
      valueHint: "'lr=1e-3,2e-3;margin2=0.1,0.2'",
      description: 'values of lr, batch, weight-decay, width, shift, or of options of the recipe',
    },
    budgets: numberList(lists.budgets),
    ...declareNumbers(sweepNumbers),
    ...declareNumbers(verifiedNumbers),
  },
};

/** Options that decide the runs of an experiment. */
export function designArguments(name: ExperimentName): ArgsDef {
  return {
    ...own[name],
    seeds: numberList({
      ...lists.seeds,
      description: `${lists.seeds.description}; default ${defaultSeeds(name, null).join(',')}${fewRuns.includes(name) ? `, FER2013 ${defaultSeeds(name, 'folder').join(',')}` : ''}`,
    }),
    ...declareNumbers(runNumbers),
    ...(name !== 'pretrain' && declareNumbers(pretrainNumbers)),
    model: oneOf(modelNames, 'backbone; default face-cnn'),
    flip: {
      type: 'boolean',
      default: true,
      description: 'mirror training images',
      negativeDescription: 'do not mirror training images',
    },
    'train-labels': oneOf(
      ferLabels,
      'training labels of a folder; default majority, fer2013 for real-noise and trusted',
    ),
  };
}
