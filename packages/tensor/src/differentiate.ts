import { GraphError, placeOf } from './errors.ts';
import type { Node, Tensor } from './graph.ts';
import type { OperationTable } from './operations/operation.ts';
import type { Ops } from './ops.ts';
import { formatShape, sameShape, sizeOf } from './shape.ts';

/** Gradient rules of {@link Ops.customGradient}, by the node that stands for the function's value. */
export type CustomRules = Map<
  Node,
  { readonly inputs: readonly Tensor[]; readonly rule: (value: Tensor, upstream: Tensor) => readonly (Tensor | null)[] }
>;

/** What {@link differentiate} works on. */
export interface DifferentiateOptions {
  readonly ops: Ops;
  readonly loss: Tensor;
  readonly of: readonly Tensor[];
  readonly rules: CustomRules;
  readonly table: OperationTable;
  /** A view that is a node of its own. */
  readonly alias: (x: Tensor) => Tensor;
  /** Values taken as given: what they come from is not looked at. */
  readonly given?: readonly Tensor[];
}

/**
 * Reverse-mode differentiation of the graph: gradients are built with the same operations, so that they share softmax,
 * masks and statistics with the forward pass by hash-consing. Only what the wanted gradients need is built. A composite
 * without a rule is differentiated through its lowering.
 *
 * @returns one gradient per wanted value; null where the loss does not depend on it.
 * @throws GraphError where the loss is no scalar, or an operation on the path has neither rule nor lowering.
 */
export function differentiate(options: DifferentiateOptions): (Tensor | null)[] {
  const { ops, loss, of, rules, table } = options;
  if (sizeOf(loss.shape) !== 1) {
    throw new GraphError(
      `gradients: the loss has shape ${formatShape(loss.shape)}. Reduce it to one number with ops.mean or ops.sum`,
    );
  }
  const sources = (node: Node): readonly Node[] => rules.get(node)?.inputs ?? node.inputs;
  const given = new Set(options.given);
  const blocked = (node: Node): boolean => given.has(node) || (node.op === 'stopGradient' && !rules.has(node));
  const order = ancestors(loss, (node) => (blocked(node) ? [] : sources(node)));

  const wanted = new Set(of);
  const needed = new Set<Node>();
  for (const node of order) {
    if (wanted.has(node) || (!blocked(node) && sources(node).some((source) => needed.has(source)))) needed.add(node);
  }

  const upstream = new Map<Node, Tensor>([[loss, ops.full(1, loss.shape)]]);
  for (const node of order.reverse()) {
    const d = upstream.get(node);
    const row = table[node.op]!;
    if (!d || !needed.has(node) || blocked(node) || sources(node).length === 0) continue;
    const custom = rules.get(node);
    ops.scope(gradientScope(node), () => {
      const gradients = custom
        ? custom.rule(node, d)
        : row.gradient
          ? row.gradient(ops, node, d)
          : row.lower
            ? throughLowering(options, node, d)
            : missing(node);
      sources(node).forEach((source, i) => {
        const raw = gradients[i];
        if (!raw || !needed.has(source)) return;
        const gradient = row.kind === 'element-wise' ? ops.sumTo(raw, source.shape) : raw;
        if (!sameShape(gradient.shape, source.shape)) {
          throw new GraphError(
            `${placeOf(node)}: its gradient rule gave ${formatShape(gradient.shape)} for an input of shape ` +
              `${formatShape(source.shape)}. Mend the rule, or reduce with ops.sumTo`,
          );
        }
        const sum = upstream.get(source);
        upstream.set(source, sum ? ops.add(sum, gradient) : gradient);
      });
    });
  }
  return of.map((node) => upstream.get(node) ?? null);
}

/** Layer name of the gradient of a node; a gradient of a gradient is not nested further. */
function gradientScope(node: Node): string {
  return node.layer.startsWith('gradient') ? node.layer : `gradient/${node.layer}`.replace(/\/$/, '');
}

function missing(node: Node): never {
  throw new GraphError(
    `${placeOf(node)} has no gradient rule. Wrap its input in ops.stopGradient, or give it ops.customGradient`,
  );
}

/** The gradients of a composite for its inputs: those of its lowering at views of them, weighted by the upstream gradient. */
function throughLowering(options: DifferentiateOptions, node: Node, d: Tensor): readonly (Tensor | null)[] {
  const { ops, table, rules } = options;
  // Views that a second differentiation sees through.
  const view = (x: Tensor): Tensor => {
    const node = options.alias(x);
    rules.set(node, { inputs: [x], rule: (_, upstream) => [upstream] });
    return node;
  };
  const inputs = node.inputs.map(view);
  const upstream = view(d);
  const value = table[node.op]!.lower!(ops, { ...node, inputs });
  if (!value) return missing(node);
  // A dot product with the upstream gradient: its gradients are the wanted ones.
  return differentiate({
    ...options,
    loss: ops.sum(ops.mul(value, upstream)),
    of: inputs,
    given: [...inputs, upstream],
  });
}

/** The nodes that a value depends on, inputs first. */
function ancestors(root: Node, sources: (node: Node) => readonly Node[]): Node[] {
  const found = new Set<Node>([root]);
  for (const node of found) for (const source of sources(node)) found.add(source);
  return [...found].sort((a, b) => a.id - b.id);
}
