import { ce, ceRelabel, cure, elr, mixture, scn, withRelabel } from '@selfcure/core';
import type { Method, RelabelStrategy } from '@selfcure/core';

/** Names of the recipes, the default first. */
export const recipeNames = ['cure', 'scn', 'ce', 'ce-relabel', 'elr', 'mixture'] as const;

/** Name of a recipe. */
export type RecipeName = (typeof recipeNames)[number];

/** Settings that decide the method; null where the recipe's default holds. */
export interface RecipeSettings {
  readonly recipe: RecipeName;
  readonly preset: 'paper' | 'official-code' | null;
  readonly relabelEpoch: number | null;
  readonly margin1: number | null;
  readonly margin2: number | null;
  readonly beta: number | null;
}

/** The recipes that each of these options belongs to. */
export const recipesOf: Readonly<
  Record<'preset' | 'relabel-epoch' | 'margin1' | 'margin2' | 'beta', readonly RecipeName[]>
> = {
  preset: ['scn'],
  'relabel-epoch': ['scn', 'ce-relabel', 'cure', 'mixture'],
  margin1: ['scn'],
  margin2: ['scn', 'ce-relabel'],
  beta: ['scn'],
};

/** The method of a run, with another relabel strategy in place of the recipe's where one is given. */
export function buildMethod(settings: RecipeSettings, strategy: RelabelStrategy | null): Method {
  const method = recipe(settings);
  return strategy ? withRelabel(method, strategy) : method;
}

function recipe({ recipe: name, preset, relabelEpoch, margin1, margin2, beta }: RecipeSettings): Method {
  const start = relabelEpoch === null ? {} : { start: relabelEpoch };
  switch (name) {
    case 'scn':
      return scn({
        ...(preset !== null && { preset }),
        ...(relabelEpoch !== null && { relabelEpoch }),
        ...(margin1 !== null && { margin1 }),
        ...(margin2 !== null && { margin2 }),
        ...(beta !== null && { beta }),
      });
    case 'ce-relabel':
      return ceRelabel({ ...start, ...(margin2 !== null && { margin: margin2 }) });
    case 'cure':
      return cure(start);
    case 'mixture':
      return mixture(start);
    case 'elr':
      return elr();
    case 'ce':
      return ce();
  }
}
