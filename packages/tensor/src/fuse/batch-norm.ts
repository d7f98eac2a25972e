import type { Node } from '../graph.ts';
import { sameShape } from '../shape.ts';
import type { Fuser, Fusion } from './fusion.ts';
import type { Uses } from './uses.ts';

/** What stands around a normalization and is done with it. */
export interface NormalizeOptions {
  /** A value that is added. */
  readonly residual?: Node;
  /** Whether what is negative then becomes 0. */
  readonly relu?: boolean;
}

/** The gradient of a ReLU that reaches a normalization. */
export interface ReluGradient {
  readonly upstream: Node;
  /** A second gradient, added to the first. */
  readonly addend?: Node | undefined;
  /** The result of the ReLU, and the value where its gradient is stored; both or, where `bnApply` is given, neither. */
  readonly y?: Node;
  readonly d?: Node;
  /** The normalization before the ReLU: the sign comes from it anew, and the gradient is not stored. */
  readonly bnApply?: Node;
}

/** How an engine runs batch normalization with what stands around it. */
export interface BatchNormSteps<S> {
  /** `y` is bnApply, plus a residual, through a ReLU. */
  normalize(bnApply: Node, y: Node, options: NormalizeOptions): readonly S[];
  /** `bnGradReduce` over the gradient of a ReLU. */
  gradientSums(node: Node, relu: ReluGradient): readonly S[];
  /** `bnGradInput` over the gradient of a ReLU, which is not stored. */
  gradient(node: Node, relu: { readonly upstream: Node; readonly bnApply: Node }): readonly S[];
}

type Taken = (node: Node) => boolean;

/** Whether a node may become part of its one consumer's steps. */
const isInner = (node: Node, consumer: Node, uses: Uses, taken: Taken): boolean =>
  uses.consumers(node).length === 1 &&
  uses.consumers(node)[0] === consumer &&
  consumer.inputs.filter((input) => input === node).length === 1 &&
  !uses.isOutput(node) &&
  !taken(node) &&
  uses.canMove(node, consumer);

const shapesAgree = (node: Node): boolean => node.inputs.every((input) => sameShape(input.shape, node.shape));

/**
 * Batch normalization with what stands around it, so that each is one sweep over memory: forward a residual and a ReLU,
 * backward the gradient of that ReLU and the sum of two gradients that reaches it.
 *
 * @example const fusers = [fuseBatchNorm(batchNormSteps), fuseElementWise(elementWiseSteps)];
 */
export function fuseBatchNorm<S>(engine: BatchNormSteps<S>): Fuser<S> {
  return (node, uses, taken) => {
    switch (node.op) {
      case 'relu':
      case 'add':
        return forward(node, uses, taken, engine);
      case 'bnGradReduce':
        return gradientSums(node, uses, taken, engine);
      case 'bnGradInput':
        return gradient(node, uses, taken, engine);
      default:
        return null;
    }
  };
}

/** relu(bnApply + residual), relu(bnApply) or bnApply + residual. */
function forward<S>(anchor: Node, uses: Uses, taken: Taken, engine: BatchNormSteps<S>): Fusion<S> | null {
  const relu = anchor.op === 'relu';
  const inner = relu ? anchor.inputs[0]! : anchor;
  if (relu && !isInner(inner, anchor, uses, taken)) return null;
  if (inner.op === 'bnApply') {
    return { anchor, absorbs: [anchor, inner], steps: engine.normalize(inner, anchor, { relu }) };
  }
  if (inner.op !== 'add' || !shapesAgree(inner)) return null;
  const [a, b] = inner.inputs as readonly [Node, Node];
  const fits = (node: Node): boolean =>
    node.op === 'bnApply' && isInner(node, inner, uses, taken) && uses.canMove(node, anchor);
  // Of two normalizations the one that comes later takes the other as its residual.
  const bnApply = [a, b].filter(fits).sort((one, other) => uses.position(other) - uses.position(one))[0];
  if (!bnApply || a === b) return null;
  const residual = bnApply === a ? b : a;
  return {
    anchor,
    absorbs: relu ? [anchor, inner, bnApply] : [anchor, bnApply],
    steps: engine.normalize(bnApply, anchor, { residual, relu }),
  };
}

/** Two gradients whose sum reaches a ReLU, where nothing else takes the sum. */
function addends(reluGrad: Node, uses: Uses, taken: Taken): readonly Node[] {
  const sum = reluGrad.inputs[0]!;
  return sum.op === 'add' && shapesAgree(sum) && isInner(sum, reluGrad, uses, taken) ? sum.inputs : [];
}

/** The normalization before a ReLU whose gradient only that normalization takes. */
interface Passing {
  readonly bnApply: Node;
  readonly sums: Node;
  readonly input: Node;
}

/**
 * A ReLU's gradient that need not be stored: both sweeps of the normalization before the ReLU can compute it. Where it is that
 * of a sum, storing it spares a sweep an operand.
 */
function passing(d: Node, uses: Uses): Passing | null {
  if (d.op !== 'reluGrad' || !shapesAgree(d) || uses.isOutput(d)) return null;
  if (addends(d, uses, () => false).length) return null;
  const relu = d.inputs[1]!;
  const bnApply = relu.inputs[0];
  if (relu.op !== 'relu' || bnApply?.op !== 'bnApply') return null;
  const [x, statistics, scale] = bnApply.inputs as readonly [Node, Node, Node];
  const consumers = uses.consumers(d);
  const sums = consumers.find(({ op }) => op === 'bnGradReduce');
  const input = consumers.find(({ op }) => op === 'bnGradInput');
  if (consumers.length !== 2 || !sums || !input) return null;
  const own = (node: Node, inputs: readonly Node[]): boolean => inputs.every((value, i) => node.inputs[i] === value);
  if (!own(sums, [x, d, statistics]) || !own(input, [x, d, statistics, scale, sums])) return null;
  return uses.canMove(bnApply, input) && uses.canMove(d, input) ? { bnApply, sums, input } : null;
}

function gradient<S>(node: Node, uses: Uses, taken: Taken, engine: BatchNormSteps<S>): Fusion<S> | null {
  const d = node.inputs[1]!;
  const found = passing(d, uses);
  if (found?.input !== node || taken(d)) return null;
  const steps = engine.gradient(node, { upstream: d.inputs[0]!, bnApply: found.bnApply });
  return { anchor: node, absorbs: [node, d], steps };
}

function gradientSums<S>(node: Node, uses: Uses, taken: Taken, engine: BatchNormSteps<S>): Fusion<S> | null {
  const d = node.inputs[1]!;
  const found = passing(d, uses);
  if (found?.sums === node && taken(d)) {
    // The other sweep comes later in the schedule: it was asked first and has taken d.
    const steps = engine.gradientSums(node, { upstream: d.inputs[0]!, bnApply: found.bnApply });
    return { anchor: node, absorbs: [node], steps };
  }
  // The sweep that stores d must not read it.
  if (d === node.inputs[0]) return null;
  if (d.op !== 'reluGrad' || taken(d) || !shapesAgree(d) || !uses.canMove(d, node)) return null;
  if (uses.consumers(d).some((consumer) => uses.position(consumer) < uses.position(node))) return null;
  const [sum, y] = d.inputs as readonly [Node, Node];
  const parts = addends(d, uses, taken);
  const fused = parts.length > 0 && uses.canMove(sum, node);
  const [upstream = sum, addend] = fused ? parts : [];
  return {
    anchor: node,
    absorbs: fused ? [node, d, sum] : [node, d],
    steps: engine.gradientSums(node, { upstream, addend, y, d }),
  };
}
