import { fingerprint } from '@selfcure/data';
import { createParts } from '@selfcure/core/app';
import type { RecipeSpec, RunSpec } from './run-spec.ts';

/** A spec without where its data lie: what may be written into results. */
export function portableSpec(spec: RunSpec): RunSpec {
  return withoutFolders(spec) as RunSpec;
}

/**
 * Key of a spec, 32 hexadecimal digits: equal specs have equal keys, over experiments and machines. What a recipe does where the spec names no option counts as
 * well, so that an outcome from before a default changed is not taken for a new one.
 *
 * @throws OptionError where the recipe is none, or an option of it is wrong.
 */
export function specKey(spec: RunSpec): string {
  const recipes = [spec, spec.pretrain].flatMap((one) => (one ? [resolved(one.recipe)] : []));
  return fingerprint({ kind: 'run-spec', facts: withoutFolders({ spec, recipes }) })
    .replace('sha256:', '')
    .slice(0, 32);
}

/** Every option of a recipe's method. A transition matrix is a part of the spec, or follows from it. */
function resolved({ transition, ...recipe }: RecipeSpec): unknown {
  const none = [
    [1, 0],
    [0, 1],
  ];
  const { name, options, relabel } = createParts().method({
    ...recipe,
    ...(transition !== undefined && { transition: none }),
  });
  return { name, options, relabel: relabel ? { name: relabel.name, options: relabel.options ?? null } : null };
}

/** Plain data with keys in one order, without paths of data folders. */
function withoutFolders(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutFolders);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'folder')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, withoutFolders(one)]),
  );
}
