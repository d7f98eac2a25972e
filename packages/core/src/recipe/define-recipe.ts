import type { Method } from '../method.ts';

/** A factory of methods that carries its name, so that a registry can hold it. */
export interface RecipeFactory<Name extends string = string, Options extends object = object> {
  (options?: Options): Method;
  readonly recipeName: Name;
}

/**
 * Names a factory of methods, for `createSelfCure({ plugins })`.
 *
 * @example const mine = defineRecipe('mine', (options: { lambda?: number } = {}) => composeMethod({ name: 'mine', loss: myLoss(options) }));
 */
export function defineRecipe<const Name extends string, Options extends object>(
  name: Name,
  create: (options?: Options) => Method,
): RecipeFactory<Name, NoInfer<Options>> {
  return Object.assign((options?: Options) => create(options), { recipeName: name });
}
