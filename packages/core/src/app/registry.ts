import { Container } from 'inversify';
import type { ContainerModule, ServiceIdentifier } from 'inversify';
import { OptionError } from '../errors.ts';
import type { Method } from '../method.ts';
import type { RecipeFactory } from '../recipe/define-recipe.ts';
import type { RelabelFactory } from '../relabel/define-relabel.ts';
import type { RelabelStrategy } from '../relabel/relabel.ts';

/** A part that is registered by the name it carries: what `defineRelabel` or `defineRecipe` gave. */
export type Plugin =
  | { (options?: never): RelabelStrategy; readonly strategyName: string }
  | { (options?: never): Method; readonly recipeName: string };

/**
 * Service identifiers for bundles of parts: a `ContainerModule` binds its factories to them with `toConstantValue`; each
 * is registered by the name that it carries.
 */
export const tokens: {
  readonly relabel: ServiceIdentifier<Plugin>;
  readonly recipe: ServiceIdentifier<Plugin>;
} = { relabel: Symbol.for('selfcure/relabel'), recipe: Symbol.for('selfcure/recipe') };

type Kind = keyof typeof tokens;

/** Parts by kind and name. */
export interface Registry {
  relabel(name: string): RelabelFactory;
  recipe(name: string): RecipeFactory;
  names(kind: Kind): readonly string[];
}

/** A part with where it comes from, for error messages. */
export interface Origin {
  readonly plugin: Plugin;
  readonly origin: string;
}

function nameOf(plugin: Plugin, origin: string): { kind: Kind; name: string } {
  if (typeof plugin !== 'function' || !('strategyName' in plugin || 'recipeName' in plugin)) {
    throw new OptionError(`${origin} is no part with a name. Make it with defineRelabel or defineRecipe`);
  }
  return 'strategyName' in plugin
    ? { kind: 'relabel', name: plugin.strategyName }
    : { kind: 'recipe', name: plugin.recipeName };
}

/**
 * A registry of parts and of what container modules bind.
 *
 * @throws OptionError where a name is registered twice; names both origins.
 */
export function createRegistry(parts: readonly Origin[], modules: readonly ContainerModule[]): Registry {
  const container = new Container();
  // Apart from the registry, since a binding without a name would answer to every name.
  const bundles = new Container();
  bundles.load(...modules);
  const bundled = [...bundles.getAll(tokens.relabel), ...bundles.getAll(tokens.recipe)];
  const origins = new Map<string, string>();
  for (const { plugin, origin } of [...parts, ...bundled.map((plugin) => ({ plugin, origin: 'a container module' }))]) {
    const { kind, name } = nameOf(plugin, origin);
    const key = `${kind} '${name}'`;
    const earlier = origins.get(key);
    if (earlier !== undefined)
      throw new OptionError(
        `${key} is registered twice: by ${earlier} and by ${origin}. Give one of them another name`,
      );
    origins.set(key, origin);
    container.bind(tokens[kind]).toConstantValue(plugin).whenNamed(name);
  }
  const names = (kind: Kind): string[] =>
    [...origins.keys()].flatMap((key) => (key.startsWith(`${kind} '`) ? [key.slice(kind.length + 2, -1)] : [])).sort();
  const find = (kind: Kind, name: string): Plugin => {
    if (!container.isBound(tokens[kind], { name })) {
      throw new OptionError(`no ${kind} '${name}'. Registered: ${names(kind).join(', ')}`);
    }
    return container.get(tokens[kind], { name });
  };
  return {
    relabel: (name) => find('relabel', name) as unknown as RelabelFactory,
    recipe: (name) => find('recipe', name) as unknown as RecipeFactory,
    names,
  };
}
