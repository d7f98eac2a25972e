import type { Result } from '../execute/job.ts';
import { spreadOf } from '../table/spread.ts';
import { summarizeResults } from '../table/summarize.ts';
import { metrics, overSeeds } from './experiment.ts';
import type { Experiment, ExperimentOptions, Plot } from './experiment.ts';
import { standardRecipes, thirdOf, withRecipe } from './recipes.ts';

/** Options of {@link marginsExperiment}. */
export interface MarginsExperimentOptions extends ExperimentOptions {
  /** Values of margin 1, margin 2 and beta. Defaults: around those of the paper. */
  readonly margin1?: readonly number[];
  readonly margin2?: readonly number[];
  readonly beta?: readonly number[];
  /** Also every pair of margin 1 and margin 2. Default true. */
  readonly map?: boolean;
}

const names = { margin1: 'margin 1', margin2: 'margin 2', beta: 'beta' } as const;
/** The paper's. */
const defaults = { margin1: 0.15, margin2: 0.2, beta: 0.7 };

/**
 * SCN over its three numbers (Figure 6 of the paper): one at a time, and margin 1 with margin 2. The control is cross-entropy.
 *
 * @example const { jobs, plots } = marginsExperiment({ base, seeds: [0, 1, 2] });
 */
export function marginsExperiment({
  base,
  seeds,
  margin1 = [0, 0.05, 0.1, 0.15, 0.2, 0.3],
  margin2 = [0, 0.1, 0.2, 0.3, 0.4, 0.6],
  beta = [0.5, 0.6, 0.7, 0.8, 0.9],
  map = true,
}: MarginsExperimentOptions): Experiment {
  const axes = { margin1, margin2, beta };
  const relabelEpoch = thirdOf(base.epochs);
  const run = (values: Partial<typeof defaults>) => ({
    labels: {
      recipe: 'scn',
      ...Object.fromEntries(
        Object.entries(names).map(([axis, name]) => [
          name,
          String({ ...defaults, ...values }[axis as keyof typeof names]),
        ]),
      ),
    } as Record<string, string>,
    spec: { ...base, recipe: { use: 'scn', relabelEpoch, ...defaults, ...values } },
  });
  const points = [
    ...(Object.keys(axes) as (keyof typeof axes)[]).flatMap((axis) =>
      axes[axis].map((value) => run({ [axis]: value })),
    ),
    ...(map ? margin1.flatMap((first) => margin2.map((second) => run({ margin1: first, margin2: second }))) : []),
  ];
  const once = [...new Map(points.map((point) => [JSON.stringify(point.labels), point])).values()];
  const controls = standardRecipes(base.epochs).slice(0, 2);
  const controlLabels = (name: string): Record<string, string> => ({
    recipe: name,
    'margin 1': '-',
    'margin 2': '-',
    beta: '-',
  });
  const at = (results: readonly Result[], values: Partial<typeof defaults>, x: number) => {
    const { labels } = run(values);
    const found = spreadOf(
      results.filter((one) => Object.entries(labels).every(([name, value]) => one.labels[name] === value)),
      'accuracy',
    );
    return found ? [{ x, ...found }] : [];
  };
  return {
    name: 'margins',
    description:
      "SCN over margin 1, margin 2 and beta, the others at the paper's values. Differences are to ce with the same seed.",
    jobs: [
      ...controls.flatMap((recipe) => overSeeds(seeds, controlLabels(recipe.name), withRecipe(base, recipe))),
      ...once.flatMap(({ labels, spec }) => overSeeds(seeds, labels, spec)),
    ],
    summarize: (results) => [
      summarizeResults({ title: 'Margins', results, metrics, control: controlLabels(controls[0]!.name) }),
    ],
    plots: (results) => {
      const references = controls.flatMap(({ name }) => {
        const spread = spreadOf(
          results.filter(({ labels }) => labels['recipe'] === name),
          'accuracy',
        );
        return spread ? [{ label: name, ...spread }] : [];
      });
      return [
        ...(Object.keys(axes) as (keyof typeof axes)[]).map((axis): Plot => ({
          title: `Test accuracy over ${names[axis]}`,
          x: names[axis],
          y: 'test accuracy',
          percent: true,
          kind: 'lines',
          references,
          series: [{ label: 'scn', points: axes[axis].flatMap((value) => at(results, { [axis]: value }, value)) }],
        })),
        ...(map
          ? [
              {
                title: 'Test accuracy over margin 1 and margin 2',
                x: 'margin 2',
                rows: 'margin 1',
                y: 'test accuracy',
                percent: true,
                kind: 'map' as const,
                references,
                series: margin1.map((first) => ({
                  label: String(first),
                  points: margin2.flatMap((second) => at(results, { margin1: first, margin2: second }, second)),
                })),
              },
            ]
          : []),
      ];
    },
  };
}
