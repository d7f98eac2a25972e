import type { Json } from '@selfcure/tensor';
import { OptionError } from '../errors.ts';
import type { Head } from '../head/head.ts';
import type { Loss } from '../loss/loss.ts';
import type { Column, Method } from '../method.ts';
import type { Regularizer } from '../regularizer/regularizer.ts';
import type { RelabelStrategy } from '../relabel/relabel.ts';
import type { Weighting } from '../weighting/weighting.ts';

/** Parts of a method; each stands alone, and every combination is a recipe. */
export interface MethodParts {
  readonly name: string;
  readonly heads?: readonly Head[];
  readonly loss: Loss;
  /** Factor of the mean loss; regularizers carry their own. Default 1. */
  readonly lossWeight?: number;
  readonly regularizers?: readonly Regularizer[];
  readonly weighting?: Weighting;
  readonly relabel?: RelabelStrategy;
  /** Columns beside those of the parts. */
  readonly remember?: readonly Column[];
}

/**
 * Composes a method of one network from parts.
 *
 * @throws OptionError where a part needs a head that is not there, or two columns share a name.
 * @example
 * const alphaOnly = composeMethod({ name: 'alpha', heads: [selfAttentionImportance()], loss: logitWeightedCrossEntropy() });
 */
export function composeMethod(parts: MethodParts): Method {
  const { name, heads = [], loss, lossWeight = 1, regularizers = [], weighting, relabel } = parts;
  const has = (head: string): boolean => heads.some((one) => one.name === head);
  for (const part of [loss, ...regularizers]) {
    if (part.needsHead !== undefined && !has(part.needsHead)) {
      throw new OptionError(`${name}: '${part.name}' needs the head '${part.needsHead}'. Add it to heads, or leave the part out`);
    }
  }
  if (relabel?.needsImportance && !(has('importance') && regularizers.some((part) => part.name === 'rank'))) {
    throw new OptionError(
      `${name}: relabel strategy '${relabel.name}' needs importance weights and their groups, which come from the head 'importance' and ` +
        "rank regularization. Switch both on, or take candidates 'all'",
    );
  }
  const remember = [...(parts.remember ?? []), ...(loss.remember ?? []), ...(weighting?.remember ?? [])];
  const twice = remember.find((column, i) => remember.findIndex((other) => other.name === column.name) !== i);
  if (twice) throw new OptionError(`${name}: two parts remember a column '${twice.name}'. Give one of them another name`);

  const describe = (part: { name: string; options?: Json } | undefined): Json => (part ? { name: part.name, ...(part.options as object) } : null);
  return {
    name,
    options: {
      heads: heads.map((head) => head.name),
      loss: describe(loss),
      lossWeight,
      regularizers: regularizers.map(describe),
      weighting: describe(weighting),
      relabel: describe(relabel),
    },
    needs: { heads, remember },
    ...(weighting && { plan: (rows) => weighting.plan(rows) }),
    ...(loss.logits && { logits: (ops, net) => loss.logits!(ops, net) }),
    loss: (ops, nets, batch) => {
      const net = nets[0]!;
      const perSample = ops.scope('loss', () => loss.perSample(ops, net, batch));
      const terms = regularizers.map((part) => [part.name, ops.scope(part.name, () => part.term(ops, net, batch))] as const);
      const highGroup = terms.find(([, term]) => term.highGroup)?.[1].highGroup;
      return {
        perSample: [perSample.loss],
        lossWeight,
        terms: Object.fromEntries(terms.map(([key, term]) => [key, term.value])),
        ...(perSample.remember && { remember: perSample.remember }),
        ...(highGroup && { highGroup }),
      };
    },
    ...(relabel && { propose: (rows, when) => (when === relabel.when ? relabel.propose(rows) : []) }),
  };
}
