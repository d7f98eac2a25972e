import type { RecipeSpec, RunSpec } from '../spec/run-spec.ts';

/** A way to train as tables name it; `over` changes more of the run than the recipe. */
export interface NamedRecipe {
  readonly name: string;
  readonly recipe: RecipeSpec;
  readonly over?: Partial<RunSpec>;
}

/** First epoch of strategies that start after a third of a run. */
export const thirdOf = (epochs: number): number => Math.floor(epochs / 3) + 1;

/** The controls, SCN as the paper and as its authors' script have it, and the recommended recipe; relabelling starts after a third of the run. */
export function standardRecipes(epochs: number): readonly NamedRecipe[] {
  const start = thirdOf(epochs);
  return [
    { name: 'ce', recipe: { use: 'ce' } },
    { name: 'ce + relabel', recipe: { use: 'ce-relabel', start } },
    { name: 'scn, paper', recipe: { use: 'scn', relabelEpoch: start } },
    { name: 'scn, official code', recipe: { use: 'scn', preset: 'official-code', relabelEpoch: start } },
    { name: 'cure', recipe: { use: 'cure', start } },
  ];
}

/** Bounds that look at the truth: wrong labels left out, and mended. */
export const oracles: readonly NamedRecipe[] = [
  { name: 'oracle: wrong labels left out', recipe: { use: 'ce' }, over: { oracle: 'remove' } },
  { name: 'oracle: wrong labels mended', recipe: { use: 'ce' }, over: { oracle: 'mend' } },
];

/** Some recipes with the controls `ce` and `ce + relabel` before them, each once. */
export function withControls(epochs: number, recipes: readonly NamedRecipe[]): readonly NamedRecipe[] {
  return [...new Map([...standardRecipes(epochs).slice(0, 2), ...recipes].map((one) => [one.name, one])).values()];
}

/** The run of a recipe. */
export const withRecipe = (base: RunSpec, { recipe, over }: NamedRecipe): RunSpec => ({ ...base, recipe, ...over });
