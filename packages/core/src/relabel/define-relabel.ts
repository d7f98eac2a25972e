import { OptionError } from '../errors.ts';
import type { Column } from '../method.ts';
import { checkStart } from './check-start.ts';
import { defaultStart } from './default-start.ts';
import type { Proposal, RelabelStrategy, SampleRows } from './relabel.ts';

/** Plain options of a strategy. */
export type RelabelOptions = { readonly [key: string]: string | number | boolean | null };

/** What {@link defineRelabel} makes a factory of. */
export interface RelabelDefinition<Name extends string, Options extends RelabelOptions> {
  readonly name: Name;
  /** After every step for its batch, or at the end of every epoch for all samples. Default `'epoch'`. */
  readonly when?: 'step' | 'epoch';
  /** First epoch that proposes, 1-based, where its user names none. Default: after a third of the run. */
  readonly start?: number;
  readonly needsImportance?: boolean;
  /** Columns that it reads from `rows.remembered`. */
  readonly remember?: readonly Column[];
  /** `'clean'`: it reads `rows.clean`. */
  readonly pass?: 'clean';
  /** Defaults of the options; they also say which options exist. */
  readonly defaults: Options;
  propose(rows: SampleRows, options: Options): readonly Proposal[];
}

/** A factory of strategies that carries its name, so that a registry can hold it. */
export interface RelabelFactory<Name extends string = string, Options extends RelabelOptions = RelabelOptions> {
  /** `start`: the first epoch that proposes, 1-based. */
  (options?: Partial<Options> & { readonly start?: number }): RelabelStrategy;
  readonly strategyName: Name;
  readonly defaults: Options;
}

/**
 * Defines a relabel strategy as a plain function over typed arrays. What comes out is called for the strategy itself
 * (by value) and may be registered with `createSelfCure({ plugins })` (by name).
 *
 * @throws OptionError where the factory is called with an option that `defaults` does not have.
 * @example
 * const confident = defineRelabel({
 *   name: 'confident',
 *   defaults: { threshold: 0.9 },
 *   propose: ({ samples, probabilities, classes }, { threshold }) =>
 *     [...samples].flatMap((sample, i) => {
 *       const row = probabilities.subarray(i * classes, (i + 1) * classes);
 *       const score = Math.max(...row);
 *       return score > threshold ? [{ sample, to: row.indexOf(score), score, reason: 'confident' }] : [];
 *     }),
 * });
 * const recipe = scn({ relabel: confident({ threshold: 0.95 }) });
 */
export function defineRelabel<const Name extends string, Options extends RelabelOptions>(
  definition: RelabelDefinition<Name, Options>,
): RelabelFactory<Name, NoInfer<Options>> {
  const factory = ({
    start: asked,
    ...options
  }: Partial<Options> & { readonly start?: number } = {}): RelabelStrategy => {
    checkOptions(definition.name, definition.defaults, options);
    const start = asked ?? definition.start;
    checkStart(definition.name, start);
    const merged = { ...definition.defaults, ...options };
    return {
      name: definition.name,
      options: { ...merged, start: start ?? null },
      when: definition.when ?? 'epoch',
      ...(definition.needsImportance !== undefined && { needsImportance: definition.needsImportance }),
      ...(definition.remember && { remember: definition.remember }),
      ...(definition.pass && { pass: definition.pass }),
      propose: (rows) => (rows.epoch < (start ?? defaultStart(rows.epochs)) ? [] : definition.propose(rows, merged)),
    };
  };
  return Object.assign(factory, { strategyName: definition.name, defaults: definition.defaults });
}

function checkOptions(name: string, defaults: RelabelOptions, options: Partial<RelabelOptions>): void {
  const unknown = Object.keys(options).filter((key) => !Object.hasOwn(defaults, key));
  if (unknown.length) {
    throw new OptionError(
      `${name}: no option ${unknown.map((key) => `'${key}'`).join(', ')}. Known: ${[...Object.keys(defaults), 'start'].join(', ')}`,
    );
  }
}
