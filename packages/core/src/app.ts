/**
 * The composition root: parts by name, for configuration files, the command line and teams that share strategy packs.
 * This entry is the only one that imports inversify; code that passes strategies as values needs none of it.
 *
 * @module
 */
import type { Backend } from '@selfcure/tensor';
import type { ContainerModule } from 'inversify';
import { builtIn } from './app/built-in.ts';
import type { BuiltInRecipes, BuiltInRelabels } from './app/built-in.ts';
import { createRegistry } from './app/registry.ts';
import type { Plugin } from './app/registry.ts';
import type { Method } from './method.ts';
import type { RecipeFactory } from './recipe/define-recipe.ts';
import { withRelabel } from './recipe/with-relabel.ts';
import type { RelabelFactory } from './relabel/define-relabel.ts';
import type { RelabelStrategy } from './relabel/relabel.ts';
import { train } from './train/loop.ts';
import type { TrainOptions } from './train/options.ts';
import type { Run } from './train/run.ts';

export { defineRecipe } from './recipe/define-recipe.ts';
export type { RecipeFactory } from './recipe/define-recipe.ts';
export { defineRelabel } from './relabel/define-relabel.ts';
export type { RelabelFactory } from './relabel/define-relabel.ts';
export { tokens } from './app/registry.ts';
export type { Plugin } from './app/registry.ts';
export type { BuiltInRecipes, BuiltInRelabels } from './app/built-in.ts';

/** The relabel strategies among plugins: the name of each with its options. */
export type CustomRelabel<Plugins extends readonly Plugin[]> = {
  [I in keyof Plugins]: Plugins[I] extends RelabelFactory<infer Name, infer Options>
    ? { readonly use: Name; readonly start?: number } & Partial<Options>
    : never;
}[number];

/** The relabel strategies that are there without a plugin: the name of each with its options. */
export type BuiltInRelabel = {
  [Name in keyof BuiltInRelabels]: { readonly use: Name } & BuiltInRelabels[Name];
}[keyof BuiltInRelabels];

/** A name and options, one pair for every relabel strategy, built in or registered; the compiler checks both. */
export type RelabelReference<Plugins extends readonly Plugin[]> = BuiltInRelabel | CustomRelabel<Plugins>;

/** The recipes among plugins: the name of each with its options. */
export type CustomRecipe<Plugins extends readonly Plugin[]> = {
  [I in keyof Plugins]: Plugins[I] extends RecipeFactory<infer Name, infer Options>
    ? { readonly use: Name } & Options
    : never;
}[number];

/** The recipes that are there without a plugin: the name of each with its options. */
export type BuiltInRecipe = {
  [Name in keyof BuiltInRecipes]: { readonly use: Name } & BuiltInRecipes[Name];
}[keyof BuiltInRecipes];

/** A name and options, one pair for every recipe: built in or registered. */
export type RecipeReference<Plugins extends readonly Plugin[]> = BuiltInRecipe | CustomRecipe<Plugins>;

/** Options of {@link App.train}: those of `train`, with parts by name. */
export type AppTrainOptions<Plugins extends readonly Plugin[]> = Omit<TrainOptions, 'backend' | 'recipe'> & {
  /** A recipe by name, or as a value. Default: `{ use: 'cure' }`, or `{ use: 'scn' }` where a relabel strategy is given. */
  readonly recipe?: RecipeReference<Plugins> | Method;
  /** A relabel strategy by name or as a value, in place of the recipe's own. */
  readonly relabel?: RelabelReference<Plugins> | RelabelStrategy;
};

/** A name with options, as a configuration file holds it: checked at run time. */
export interface NamedPart {
  readonly use: string;
  readonly [option: string]: unknown;
}

/** Relabel strategies and recipes by name. */
export interface Parts {
  /** The method that names out of a file stand for, where the compiler cannot check. */
  method(recipe: NamedPart, relabel?: NamedPart | RelabelStrategy): Method;
  /** The strategy that a name stands for. */
  relabel(strategy: NamedPart): RelabelStrategy;
  /** Registered names, sorted. */
  names(kind: 'relabel' | 'recipe'): readonly string[];
}

/** An engine with parts by name. */
export interface App<Plugins extends readonly Plugin[]> extends Pick<Parts, 'method' | 'names'> {
  train(options: AppTrainOptions<Plugins>): Promise<Run>;
}

/** Options of {@link createParts}. */
export interface PartsOptions<Plugins extends readonly Plugin[]> {
  readonly plugins?: Plugins;
  /** Bundles of parts of teams that use inversify already; see {@link tokens}. */
  readonly modules?: readonly ContainerModule[];
}

/** Options of {@link createSelfCure}. */
export interface AppOptions<Plugins extends readonly Plugin[]> extends PartsOptions<Plugins> {
  readonly backend: Backend;
}

/**
 * Registers relabel strategies and recipes by name, for programs that need names and methods and bring an engine of their own.
 *
 * @throws OptionError where two parts share a name; and, when they are used, where a name or an option is unknown.
 * @example const method = createParts().method({ use: 'scn', preset: 'official-code' });
 */
export function createParts<const Plugins extends readonly Plugin[]>({
  plugins,
  modules = [],
}: PartsOptions<Plugins> = {}): Parts {
  const registry = createRegistry(
    [
      ...builtIn.map((plugin) => ({ plugin, origin: '@selfcure/core' })),
      ...(plugins ?? []).map((plugin, i) => ({ plugin, origin: `plugins[${i}]` })),
    ],
    modules,
  );
  const relabelOf = ({ use, ...options }: NamedPart): RelabelStrategy => registry.relabel(use)(options as never);
  return {
    method: ({ use, ...options }, relabel) => {
      const method = registry.recipe(use)(options);
      if (!relabel) return method;
      return withRelabel(method, 'use' in relabel ? relabelOf(relabel) : relabel);
    },
    relabel: relabelOf,
    names: (kind) => registry.names(kind),
  };
}

/**
 * Registers relabel strategies and recipes by name.
 *
 * @throws OptionError where two parts share a name; and, when they are used, where a name or an option is unknown.
 * @example
 * const app = createSelfCure({ backend: await wasm(), plugins: [agreement] });
 * const run = await app.train({ model, data, epochs: 20, relabel: { use: 'agreement', margin: 0.3 } });
 */
export function createSelfCure<const Plugins extends readonly Plugin[]>({
  backend,
  ...options
}: AppOptions<Plugins>): App<Plugins> {
  const { method, relabel: relabelOf, names } = createParts(options);
  return {
    method,
    names,
    train: ({ recipe, relabel, ...rest }) => {
      if (recipe && !('use' in recipe)) {
        const strategy = relabel && ('use' in relabel ? relabelOf(relabel as NamedPart) : relabel);
        return train({
          ...rest,
          backend,
          recipe: strategy ? withRelabel(recipe, strategy as RelabelStrategy) : recipe,
        });
      }
      const reference = (recipe ?? { use: relabel ? 'scn' : 'cure' }) as NamedPart;
      return train({
        ...rest,
        backend,
        recipe: method(reference, relabel as NamedPart | RelabelStrategy | undefined),
      });
    },
  };
}
