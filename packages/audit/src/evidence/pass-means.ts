import { hasHead } from '@selfcure/core';
import type { Column, Method, SampleRows } from '@selfcure/core';

/** What a network said of every sample, averaged over its training passes; row i is sample i. */
export interface PassMeans {
  /** Class probabilities. N x C. */
  readonly probabilities: Float32Array;
  /** Loss under the label that the sample had in the pass. Length N. */
  readonly loss: Float32Array;
  /** Importance weight; null where the method has none. Length N. */
  readonly importance: Float32Array | null;
}

const column = (source: string, width: Column['width']): Column => ({
  name: `mean ${source}`,
  width,
  source,
  average: 'mean',
});

/**
 * The same method, which keeps for every sample the mean over its training passes of what {@link passMeans} reads. Each pass counts as it was before the step
 * that learned from it, and a resumed run goes on from the means that it had.
 *
 * @example const run = await train({ recipe: withPassMeans(ce()), ...rest }); passMeans(run.rows).probabilities;
 */
export function withPassMeans(method: Method): Method {
  return {
    ...method,
    needs: {
      ...method.needs,
      remember: [
        ...(method.needs.remember ?? []),
        column('probabilities', 'classes'),
        column('loss', 'one'),
        ...(hasHead(method, 'importance') ? [column('importance', 'one')] : []),
      ],
    },
  };
}

/** The means of a run of a method {@link withPassMeans}; 0 for a sample that never passed. */
export function passMeans({ remembered }: SampleRows): PassMeans {
  const of = (source: string): Float32Array | undefined => remembered[`mean ${source}`];
  return { probabilities: of('probabilities')!, loss: of('loss')!, importance: of('importance') ?? null };
}
