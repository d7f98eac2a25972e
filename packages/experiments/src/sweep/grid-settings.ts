import { OptionError } from '@selfcure/core';
import type { RunSpec } from '../spec/run-spec.ts';
import type { SweepSetting } from './successive-halving.ts';

/** Settings of a run that a grid may name; every other name is an option of the recipe. */
const runSettings: Readonly<Record<string, (spec: RunSpec, value: number) => RunSpec>> = {
  lr: (spec, learningRate) => ({ ...spec, learningRate }),
  batch: (spec, batchSize) => ({ ...spec, batchSize }),
  'weight-decay': (spec, weightDecay) => ({ ...spec, weightDecay }),
  width: (spec, width) => ({ ...spec, model: { ...spec.model, width } }),
  shift: (spec, shift) => ({ ...spec, augmentation: { ...spec.augmentation, shift } }),
};

/** Names of the settings of a run that a grid may vary beside options of the recipe. */
export const gridNames: readonly string[] = /* @__PURE__ */ Object.keys(runSettings);

/**
 * Every combination of some values, in the order of the grid: `lr`, `batch`, `weight-decay`, `width`, `shift`, or options of the recipe.
 *
 * @throws OptionError where a name has no value, or a setting of the run no number.
 * @example gridSettings(base, { lr: [1e-3, 2e-3], margin2: [0.1, 0.2] }) // four settings
 */
export function gridSettings(
  base: RunSpec,
  grid: Readonly<Record<string, readonly (number | string | boolean)[]>>,
): readonly SweepSetting[] {
  return Object.entries(grid).reduce<readonly SweepSetting[]>(
    (settings, [name, values]) => {
      if (values.length === 0) throw new OptionError(`grid: '${name}' has no value`);
      return settings.flatMap(({ labels, spec }) =>
        values.map((value) => ({ labels: { ...labels, [name]: String(value) }, spec: changed(spec, name, value) })),
      );
    },
    [{ labels: {}, spec: base }],
  );
}

function changed(spec: RunSpec, name: string, value: number | string | boolean): RunSpec {
  const change = Object.hasOwn(runSettings, name) ? runSettings[name] : undefined;
  if (!change) return { ...spec, recipe: { ...spec.recipe, [name]: value } };
  if (typeof value !== 'number') throw new OptionError(`grid: '${name}' takes numbers, got '${String(value)}'`);
  return change(spec, value);
}
