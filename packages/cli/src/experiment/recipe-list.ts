import { standardRecipes } from '@selfcure/experiments';
import type { NamedRecipe, RecipeSpec } from '@selfcure/experiments';
import { UsageError } from '../errors.ts';
import { checkRecipe } from '../recipe/build-method.ts';
import { splitList } from './list-option.ts';

/** First epoch of what starts late, as each recipe calls it. */
const starts: Readonly<Record<string, string>> = { scn: 'relabelEpoch', 'ce-relabel': 'start', cure: 'start' };

/**
 * Recipes as a command line writes them: names with options, such as `cure,scn:margin2=0.4:preset=official-code`. What is published with a fixed first
 * epoch of relabelling starts after a third of the run, as in the standard recipes, where no other epoch is named.
 *
 * @throws UsageError or OptionError naming the recipe and what is wrong with it.
 */
export function readRecipes(option: string, text: string, epochs: number): readonly NamedRecipe[] {
  const standard = standardRecipes(epochs);
  const start = standard.flatMap(({ recipe }) => recipe['start'] ?? [])[0];
  const found = splitList(option, text).map((part): NamedRecipe => {
    const given = readRecipe(option, part);
    const named = starts[given.use];
    const recipe = named !== undefined && given[named] === undefined ? { ...given, [named]: start } : given;
    const same = standard.find((one) => sameParts(one.recipe, recipe));
    return { name: same?.name ?? part, recipe };
  });
  const twice = found.find(({ name }, i) => found.findIndex((one) => one.name === name) !== i);
  if (twice) throw new UsageError(`--${option}: '${twice.name}' is given twice`);
  return found;
}

/** One recipe with its options. */
export function readRecipe(option: string, text: string): RecipeSpec {
  const [use, ...options] = splitList(option, text, ':') as [string, ...string[]];
  const recipe = {
    use,
    ...Object.fromEntries(
      options.map((part) => {
        const equals = part.indexOf('=');
        if (equals < 1 || equals === part.length - 1)
          throw new UsageError(`--${option}: '${part}' of '${text}' is no option. Write ${use}:name=value`);
        return [part.slice(0, equals), readValue(part.slice(equals + 1))];
      }),
    ),
  };
  checkRecipe(recipe);
  return recipe;
}

/** A number, a truth value, or a word. */
export function readValue(text: string): number | boolean | string {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : text;
}

const sameParts = (a: RecipeSpec, b: RecipeSpec): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, value]) => b[name] === value);
