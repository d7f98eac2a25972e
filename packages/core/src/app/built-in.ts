import { ceRelabel } from '../recipe/ce-relabel.ts';
import { ce } from '../recipe/ce.ts';
import { cure } from '../recipe/cure.ts';
import { checkKnown, defineRecipe } from '../recipe/define-recipe.ts';
import { elr } from '../recipe/elr.ts';
import { forward } from '../recipe/forward.ts';
import { gce } from '../recipe/gce.ts';
import { mixture } from '../recipe/mixture.ts';
import { scn } from '../recipe/scn.ts';
import { smallLoss } from '../recipe/small-loss.ts';
import type { CrossEntropyOptions } from '../loss/cross-entropy.ts';
import type { AveragedRelabelOptions } from '../relabel/averaged-relabel.ts';
import type { EarlyLearningOptions } from '../loss/early-learning-regularization.ts';
import type { ForwardCorrectionOptions } from '../loss/forward-correction.ts';
import type { GeneralizedCrossEntropyOptions } from '../loss/generalized-cross-entropy.ts';
import type { LossMixtureOptions } from '../weighting/loss-mixture.ts';
import { averagedRelabel } from '../relabel/averaged-relabel.ts';
import { marginRelabel } from '../relabel/margin-relabel.ts';
import type { SmallLossSelectionOptions } from '../weighting/small-loss-selection.ts';
import type { MarginRelabelOptions } from '../relabel/margin-relabel.ts';
import type { RelabelStrategy } from '../relabel/relabel.ts';
import type { ScnOptions } from '../recipe/scn.ts';
import type { Plugin } from './registry.ts';

/** Options of the recipes that every registry holds, by name. */
export interface BuiltInRecipes {
  readonly ce: CrossEntropyOptions;
  readonly 'ce-relabel': Omit<MarginRelabelOptions, 'candidates' | 'probabilities'>;
  readonly scn: ScnOptions;
  readonly cure: AveragedRelabelOptions;
  readonly elr: EarlyLearningOptions;
  readonly gce: GeneralizedCrossEntropyOptions;
  readonly forward: ForwardCorrectionOptions;
  readonly 'small-loss': SmallLossSelectionOptions;
  readonly mixture: LossMixtureOptions;
}

/** Options of the relabel strategies that every registry holds, by name. */
export interface BuiltInRelabels {
  readonly margin: MarginRelabelOptions;
  readonly averaged: AveragedRelabelOptions;
}

const averagedOptions = ['edit', 'drop', 'priorAdjustment', 'start', 'maxClassShare', 'decay'] as const;

function relabel<Options extends object>(
  strategyName: string,
  known: readonly (keyof Options & string)[],
  create: (options?: Options) => RelabelStrategy,
): Plugin {
  const factory = (options?: Options): RelabelStrategy => {
    checkKnown(strategyName, options ?? {}, known);
    return create(options);
  };
  return Object.assign(factory, { strategyName });
}

/** The recipes and relabel strategies of this package. */
export const builtIn: readonly Plugin[] = [
  defineRecipe('ce', ['labelSmoothing'], ce),
  defineRecipe('ce-relabel', ['margin', 'start'], ceRelabel),
  defineRecipe(
    'scn',
    [
      'preset',
      'weighting',
      'rank',
      'relabel',
      'beta',
      'margin1',
      'margin2',
      'relabelEpoch',
      'candidates',
      'probabilities',
      'lossMix',
      'weightBias',
    ],
    scn,
  ),
  defineRecipe('cure', averagedOptions, cure),
  defineRecipe('elr', ['lambda', 'beta'], elr),
  defineRecipe('gce', ['q'], gce),
  // What they need and is not given, they refuse themselves.
  defineRecipe('forward', ['transition'], (options?: ForwardCorrectionOptions) =>
    forward({ transition: [], ...options }),
  ),
  defineRecipe('small-loss', ['rate', 'start'], (options?: SmallLossSelectionOptions) =>
    smallLoss({ rate: NaN, ...options }),
  ),
  defineRecipe('mixture', ['start', 'iterations', 'tolerance', 'regularization'], mixture),
  relabel('margin', ['margin', 'start', 'candidates', 'probabilities'], marginRelabel),
  relabel('averaged', averagedOptions, averagedRelabel),
];
