import { OptionError } from '../errors.ts';
import type { Method } from '../method.ts';

/** A factory of methods that carries its name, so that a registry can hold it. */
export interface RecipeFactory<Name extends string = string, Options extends object = object> {
  (options?: Options): Method;
  readonly recipeName: Name;
}

/** Refuses options that are not among the known ones: what comes out of a file has met no compiler. */
export function checkKnown(name: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  const named = unknown.map((key) => `'${key}'`).join(', ');
  throw new OptionError(`${name}: no option ${named}. Known: ${known.join(', ') || 'none'}`);
}

/**
 * Names a factory of methods, for `createSelfCure({ plugins })`.
 *
 * @param options names of all options; others are refused when the recipe is used.
 * @example
 * const mine = defineRecipe('mine', ['lambda'], ({ lambda = 1 }: { lambda?: number } = {}) =>
 *   composeMethod({ name: 'mine', loss: myLoss({ lambda }) }),
 * );
 */
export function defineRecipe<const Name extends string, Options extends object>(
  name: Name,
  options: readonly (keyof Options & string)[],
  create: (options?: Options) => Method,
): RecipeFactory<Name, NoInfer<Options>> {
  const factory = (given?: Options): Method => {
    checkKnown(name, given ?? {}, options);
    return create(given);
  };
  return Object.assign(factory, { recipeName: name });
}
