import { withRelabel } from '@selfcure/core';
import type { Method, RelabelStrategy, TransitionMatrix } from '@selfcure/core';
import { createParts } from '@selfcure/core/app';
import type { BuiltInRecipes, NamedPart } from '@selfcure/core/app';
import { nearest } from '../argument/nearest.ts';
import { UsageError } from '../errors.ts';

/** Name of a recipe. */
export type RecipeName = keyof BuiltInRecipes;

/** The recipes by name. */
const recipes = /* @__PURE__ */ createParts();

/** Names of the recipes, the default first. */
export const recipeNames: readonly RecipeName[] = /* @__PURE__ */ [
  'cure',
  ...(recipes.names('recipe').filter((name) => name !== 'cure') as RecipeName[]),
];

/**
 * Refuses a recipe with its options, as `--recipes` and `--grid` write them. A transition matrix `verified` is one that verified labels will give.
 *
 * @throws UsageError or OptionError naming what is wrong.
 */
export function checkRecipe({ transition, ...recipe }: NamedPart): void {
  const known = recipes.names('recipe');
  if (!known.includes(recipe.use)) {
    const meant = nearest(recipe.use, known);
    throw new UsageError(
      `recipe '${recipe.use}' is not one of ${known.join(', ')}${meant === undefined ? '' : `. Did you mean ${meant}?`}`,
    );
  }
  if (recipe.use === 'forward' && transition === 'verified' && Object.keys(recipe).length === 1) return;
  if (recipe.use === 'forward')
    throw new UsageError(
      "recipe 'forward' takes its matrix from verified labels: forward:transition=verified, with --verified N",
    );
  recipes.method({ ...recipe, ...(transition !== undefined && { transition }) });
}

/** Options of the command line that decide the method. */
type RecipeOption = 'preset' | 'relabel-epoch' | 'margin1' | 'margin2' | 'beta' | 'rate';

/** What each recipe calls them. */
const optionNames: Readonly<Record<RecipeOption, Partial<Record<RecipeName, string>>>> = {
  preset: { scn: 'preset' },
  'relabel-epoch': {
    scn: 'relabelEpoch',
    'ce-relabel': 'start',
    cure: 'start',
    mixture: 'start',
    'small-loss': 'start',
  },
  margin1: { scn: 'margin1' },
  margin2: { scn: 'margin2', 'ce-relabel': 'margin' },
  beta: { scn: 'beta' },
  rate: { 'small-loss': 'rate' },
};

/** Settings that decide the method; null where the recipe's default holds. */
export interface RecipeSettings {
  readonly recipe: RecipeName;
  readonly preset: 'paper' | 'official-code' | null;
  readonly relabelEpoch: number | null;
  readonly margin1: number | null;
  readonly margin2: number | null;
  readonly beta: number | null;
  /** Noise rate that the recipe is told. */
  readonly rate: number | null;
}

/** The recipes that each of these options belongs to. */
export const recipesOf: Readonly<Record<RecipeOption, readonly RecipeName[]>> = /* @__PURE__ */ Object.fromEntries(
  Object.entries(optionNames).map(([option, names]) => [option, Object.keys(names)]),
) as never;

/**
 * The method of a run, with another relabel strategy in place of the recipe's where one is given.
 *
 * @param transition matrix that forward correction takes.
 * @throws UsageError where the recipe needs an option that is not given.
 */
export function buildMethod(
  settings: RecipeSettings,
  strategy: RelabelStrategy | null,
  transition: TransitionMatrix | null = null,
): Method {
  const { recipe, relabelEpoch, ...rest } = settings;
  if (recipe === 'small-loss' && rest.rate === null)
    throw new UsageError('recipe small-loss keeps the samples of small loss and needs to know the noise rate: --rate');
  if (recipe === 'forward' && !transition)
    throw new UsageError(
      "recipe forward needs to know which classes are taken for which: --trusted FILE with verified labels, or --transition AUDIT_DIR with what 'selfcure audit' estimated",
    );
  const given: Readonly<Record<RecipeOption, unknown>> = { ...rest, 'relabel-epoch': relabelEpoch };
  const options = (Object.keys(optionNames) as RecipeOption[]).flatMap((option) => {
    const name = optionNames[option][recipe];
    return name === undefined || given[option] === null ? [] : [[name, given[option]] as const];
  });
  const method = recipes.method({
    use: recipe,
    ...Object.fromEntries(options),
    ...(recipe === 'forward' && { transition }),
  });
  return strategy ? withRelabel(method, strategy) : method;
}
