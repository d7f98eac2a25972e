import type { Json } from '@selfcure/tensor';
import { OptionError } from '../errors.ts';
import type { Head } from '../head/head.ts';
import { highGroup } from '../head/importance-groups.ts';
import type { Loss } from '../loss/loss.ts';
import type { Column, Method } from '../method.ts';
import type { Regularizer } from '../regularizer/regularizer.ts';
import type { RelabelStrategy } from '../relabel/relabel.ts';
import type { Weighting } from '../weighting/weighting.ts';
import { withRelabel } from './with-relabel.ts';

/** Parts of a method; each stands alone, and every combination is a recipe. */
export interface MethodParts {
  readonly name: string;
  readonly heads?: readonly Head[];
  readonly loss: Loss;
  /** Factor of the mean loss; regularizers carry their own. Default 1. */
  readonly lossWeight?: number;
  readonly regularizers?: readonly Regularizer[];
  /** Share beta of the high-importance group, where there is the head `importance`. Default 0.7. */
  readonly beta?: number;
  readonly weighting?: Weighting;
  readonly relabel?: RelabelStrategy;
  /** Columns beside those of the parts. */
  readonly remember?: readonly Column[];
}

/**
 * Composes a method of one network from parts.
 *
 * @throws OptionError where a part needs a head that is not there.
 * @example
 * const alphaOnly = composeMethod({ name: 'alpha', heads: [selfAttentionImportance()], loss: logitWeightedCrossEntropy() });
 */
export function composeMethod(parts: MethodParts): Method {
  const { name, heads = [], loss, lossWeight = 1, regularizers = [], beta = 0.7, weighting, relabel } = parts;
  const has = (head: string): boolean => heads.some((one) => one.name === head);
  for (const part of [loss, ...regularizers]) {
    if (part.needsHead !== undefined && !has(part.needsHead)) {
      throw new OptionError(`${name}: '${part.name}' needs the head '${part.needsHead}'. Add it to heads`);
    }
  }
  const remember = [...(parts.remember ?? []), ...(loss.remember ?? []), ...(weighting?.remember ?? [])];
  const describe = (part: { name: string; options?: Json } | undefined): Json =>
    part ? { name: part.name, ...(part.options as object) } : null;
  const method: Method = {
    name,
    options: {
      heads: heads.map((head) => head.name),
      loss: describe(loss),
      lossWeight,
      regularizers: regularizers.map(describe),
      weighting: describe(weighting),
      beta,
      remember: remember.map((column) => ({ ...column })),
    },
    needs: { heads, remember },
    ...(weighting && { plan: (rows) => weighting.plan(rows) }),
    ...(loss.logits && { logits: (ops, net) => loss.logits!(ops, net) }),
    loss: (ops, nets, batch) => {
      const net = nets[0]!;
      const perSample = ops.scope('loss', () => loss.perSample(ops, net, batch));
      const importance = net.extras['importance'];
      return {
        perSample: [perSample.loss],
        lossWeight,
        terms: Object.fromEntries(
          regularizers.map((part) => [part.name, ops.scope(part.name, () => part.term(ops, net, batch))]),
        ),
        ...(perSample.remember && { remember: perSample.remember }),
        ...(importance && { highGroup: highGroup(ops, importance, beta) }),
      };
    },
  };
  return relabel ? withRelabel(method, relabel) : method;
}
