import { ceRelabel } from '../recipe/ce-relabel.ts';
import { ce } from '../recipe/ce.ts';
import { cure } from '../recipe/cure.ts';
import { defineRecipe } from '../recipe/define-recipe.ts';
import { elr } from '../recipe/elr.ts';
import { mixture } from '../recipe/mixture.ts';
import { scn } from '../recipe/scn.ts';
import type { CrossEntropyOptions } from '../loss/cross-entropy.ts';
import type { AveragedRelabelOptions } from '../relabel/averaged-relabel.ts';
import type { EarlyLearningOptions } from '../loss/early-learning-regularization.ts';
import type { LossMixtureOptions } from '../weighting/loss-mixture.ts';
import type { MarginRelabelOptions } from '../relabel/margin-relabel.ts';
import type { ScnOptions } from '../recipe/scn.ts';
import type { Plugin } from './registry.ts';

/** Options of the recipes that every registry holds, by name. */
export interface BuiltInRecipes {
  readonly ce: CrossEntropyOptions;
  readonly 'ce-relabel': Omit<MarginRelabelOptions, 'candidates' | 'probabilities'>;
  readonly scn: ScnOptions;
  readonly cure: AveragedRelabelOptions;
  readonly elr: EarlyLearningOptions;
  readonly mixture: LossMixtureOptions;
}

/** The recipes of this package. */
export const builtInRecipes: readonly Plugin[] = [
  defineRecipe('ce', ce),
  defineRecipe('ce-relabel', ceRelabel),
  defineRecipe('scn', scn),
  defineRecipe('cure', cure),
  defineRecipe('elr', elr),
  defineRecipe('mixture', mixture),
];
