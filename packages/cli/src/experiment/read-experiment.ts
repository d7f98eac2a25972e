import type { NoiseSpec, RecipeSpec, RunSpec } from '@selfcure/experiments';
import { nearest } from '../argument/nearest.ts';
import { readNumbers } from '../argument/number-option.ts';
import { UsageError } from '../errors.ts';
import { checkRecipe } from '../recipe/build-method.ts';
import { folderOf } from '../train/read-settings.ts';
import { defaultSeeds } from './defaults.ts';
import { lists, noiseKinds, sweepNumbers, verifiedNumbers, weakNumbers } from './declare-arguments.ts';
import { readGrid } from './grid.ts';
import { readNumberList, splitList } from './list-option.ts';
import { readRecipe, readRecipes } from './recipe-list.ts';
import { readRun } from './read-run.ts';
import type { ExperimentName, ExperimentSettings } from './settings.ts';

type Arguments = Readonly<Record<string, unknown>>;

/**
 * What decides the runs of an experiment, read from a command line.
 *
 * @throws UsageError or OptionError naming the option that is wrong or does not fit the others.
 */
export function readExperiment(name: ExperimentName, args: Arguments, cwd: string): ExperimentSettings {
  const data = args['data'] === undefined ? 'faces' : String(args['data']);
  const folder = data === 'faces' ? null : folderOf(data, cwd);
  if (name === 'real-noise' && folder === null)
    throw new UsageError('real-noise needs DATA: a folder with fer2013.csv and fer2013new.csv');
  const list = (option: keyof typeof lists) => readNumberList(option, lists[option], args[option]) ?? null;
  const run = readRun(name, args, folder);
  const recipes = args['recipes'] === undefined ? null : readRecipes('recipes', String(args['recipes']), run.epochs);
  const recipe = name === 'sweep' ? readRecipe('recipe', String(args['recipe'])) : run.recipe;
  const takesOne = name === 'compare' || name === 'sweep';
  const base: RunSpec = { ...run, recipe, verified: takesOne ? readNumbers(verifiedNumbers, args).verified : 0 };
  const counts = name === 'trusted' ? list('verified') : null;
  checkVerified(base, [recipe, ...(recipes ?? []).map((one) => one.recipe)], counts ?? []);
  const weak = readNumbers(weakNumbers, args);
  if (folder !== null && weak['weak-samples'] !== undefined)
    throw new UsageError('--weak-samples belongs to DATA faces; of a folder every image that is not chosen is taken');
  const grid = args['grid'] === undefined ? {} : readGrid(String(args['grid']));
  return {
    name,
    base,
    seeds: list('seeds') ?? defaultSeeds(name, folder),
    noises: name === 'noise' ? readNoises(args) : null,
    recipes,
    margin1: list('margin1'),
    margin2: list('margin2'),
    beta: list('beta'),
    map: args['map'] !== false,
    weakSamples: weak['weak-samples'] ?? null,
    weakRate: weak['weak-rate'] ?? null,
    counts,
    grid,
    budgets: list('budgets') ?? standardBudgets(base.epochs),
    keep: readNumbers(sweepNumbers, args).keep,
  };
}

/** A ninth of the epochs, a third, and all. */
const standardBudgets = (epochs: number): readonly number[] => [
  ...new Set([9, 3, 1].map((part) => Math.max(1, Math.ceil(epochs / part)))),
];

/** Kinds and rates of `noise`: a kind with a rate of its own at that, every other kind at every rate; null where none is named. */
function readNoises(args: Arguments): readonly NoiseSpec[] | null {
  const rates = readNumberList('rate', lists.rate, args['rate']);
  if (args['noise-kind'] === undefined && rates === undefined) return null;
  const kinds = splitList('noise-kind', String(args['noise-kind'] ?? 'symmetric')).map((part) => {
    const [word, own, more] = splitList('noise-kind', part, ':') as [string, string?, string?];
    if (more !== undefined) throw new UsageError(`--noise-kind: '${part}' has more than one rate. Write ${word}:0.2`);
    const kind = noiseKinds.find((one) => one === word);
    if (kind) return { kind, own: own === undefined ? null : readNumberList('noise-kind', lists.rate, own)! };
    const meant = nearest(word, noiseKinds);
    throw new UsageError(
      `--noise-kind: '${word}' is not one of ${noiseKinds.join(', ')}${meant === undefined ? '' : `. Did you mean ${meant}?`}`,
    );
  });
  const all = kinds.flatMap(({ kind, own }) => (own ?? rates ?? [0.2]).map((rate) => ({ kind, rate })));
  const twice = all.find((one, i) => all.findIndex(({ kind, rate }) => kind === one.kind && rate === one.rate) !== i);
  if (twice) throw new UsageError(`--noise-kind: ${twice.kind} with rate ${twice.rate} is given twice`);
  // No wrong label is none of any kind.
  const none = all.find(({ rate }) => rate === 0);
  return [...(none ? [none] : []), ...all.filter(({ rate }) => rate > 0)];
}

/** Refuses recipes that want verified labels where there are none, and more of these than samples. */
function checkVerified({ verified, data }: RunSpec, recipes: readonly RecipeSpec[], counts: readonly number[]): void {
  if (verified === 0 && recipes.some(({ transition }) => transition === 'verified'))
    throw new UsageError('forward:transition=verified needs verified labels. Give their number with --verified');
  const most = Math.max(verified, ...counts);
  if (data.samples !== null && most > data.samples)
    throw new UsageError(`--verified: ${most} is more than the ${data.samples} training samples`);
}

/** Refuses a setting of a grid that is no option of the recipe. */
export function checkGrid(settings: readonly { readonly spec: RunSpec }[]): void {
  for (const { spec } of settings) checkRecipe(spec.recipe);
}
