import type { Job, Result } from '../execute/job.ts';
import type { RunSpec } from '../spec/run-spec.ts';
import { spreadOf } from '../table/spread.ts';
import { summarizeResults } from '../table/summarize.ts';
import { rowName } from '../table/row-name.ts';
import type { Halving, SweepSetting } from '../sweep/successive-halving.ts';
import { metrics, overSeeds } from './experiment.ts';
import type { Experiment } from './experiment.ts';
import { standardRecipes, withRecipe } from './recipes.ts';

/** The controls of a sweep's choice: the same run with cross-entropy, and with relabelling of every sample. Empty where nothing was chosen. */
export function sweepControls({ best }: Halving, seeds?: readonly number[]): readonly Job[] {
  if (!best) return [];
  return standardRecipes(best.spec.epochs)
    .slice(0, 2)
    .flatMap((recipe) => overSeeds(seeds, controlLabels(recipe.name, best), withRecipe(best.spec, recipe)));
}

const controlLabels = (name: string, { labels, spec }: SweepSetting): Record<string, string> => ({
  recipe: name,
  epochs: String(spec.epochs),
  ...Object.fromEntries(Object.keys(labels).map((one) => [one, '-'])),
});

/**
 * A sweep that is done, as an experiment to be read: every round with its validation accuracy, and the choice beside its controls on the test set.
 *
 * @param controls results of {@link sweepControls}.
 */
export function sweepExperiment(halving: Halving, controls: readonly Result[], recipe: RunSpec['recipe']): Experiment {
  const { rounds, best } = halving;
  const names = Object.keys(rounds[0]?.ranking[0]?.labels ?? {});
  const named = (results: readonly Result[]): Result[] =>
    results.map((result) => ({ ...result, labels: { recipe: recipe.use, ...result.labels } }));
  const chosen = named(rounds.at(-1)?.results ?? []).filter(({ labels }) =>
    names.every((name) => labels[name] === best?.labels[name]),
  );
  const validation = metrics.filter(({ key }) => key === 'seconds');
  return {
    name: 'sweep',
    description:
      'Settings chosen by successive halving: all for few epochs, the best of them for more, by the mean accuracy on the validation set, whose labels are right. The test set had no part in the choice. The choice is compared with controls that were trained with its settings of the run.',
    jobs: [...rounds.flatMap(({ results }) => named(results)), ...controls],
    summarize: () => [
      ...(best
        ? [
            summarizeResults({
              title: 'The choice on the test set',
              results: [...controls, ...chosen],
              metrics,
              control: controlLabels('ce', best),
            }),
          ]
        : []),
      ...rounds.map(({ epochs, results }, i) =>
        summarizeResults({
          title: `Round ${i + 1}: ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}`,
          results: results.map((one) => ({
            ...one,
            labels: Object.fromEntries(names.map((name) => [name, one.labels[name]!])),
          })),
          metrics: [
            { key: 'validationAccuracy', label: 'validation accuracy', percent: true, group: 'quality' },
            ...validation,
          ],
          control: {},
        }),
      ),
    ],
    plots: () => [
      {
        title: 'Validation accuracy by round',
        kind: 'lines',
        x: 'epochs',
        y: 'validation accuracy',
        percent: true,
        series: (rounds.at(-1)?.ranking ?? []).map(({ labels }) => ({
          label: rowName(labels, names),
          points: rounds.flatMap(({ epochs, results }) => {
            const spread = spreadOf(
              results.filter((one) => names.every((name) => one.labels[name] === labels[name])),
              'validationAccuracy',
            );
            return spread ? [{ x: epochs, ...spread }] : [];
          }),
        })),
      },
    ],
  };
}
