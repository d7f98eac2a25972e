import { OptionError } from '../errors.ts';
import { hasHead } from '../head/head.ts';
import type { Method } from '../method.ts';
import type { RelabelStrategy } from '../relabel/relabel.ts';

/**
 * The same method with another relabel strategy, in place of its own where it has one.
 *
 * @throws OptionError where the strategy needs importance weights and the method has none.
 * @example const method = withRelabel(ce(), agreement({ margin: 0.3 }));
 */
export function withRelabel(method: Method, strategy: RelabelStrategy): Method {
  if (strategy.needsImportance && !hasHead(method, 'importance')) {
    throw new OptionError(
      `relabel strategy '${strategy.name}' needs importance weights, which method '${method.name}' has none of. ` +
        "Switch weighting or rank on, or take candidates 'all'",
    );
  }
  return { ...method, relabel: strategy };
}
