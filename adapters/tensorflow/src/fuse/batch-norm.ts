import { attributesOf, operationTable, rootOf, sameShape, sizeOf } from '@selfcure/tensor';
import type {
  AssignAttributes,
  BatchNormAttributes,
  Fuser,
  Fusion,
  Node,
  RowsAttributes,
  StateAttributes,
  Uses,
} from '@selfcure/tensor';
import { averageStep, gradientStep, normalizeStep } from '../steps/batch-norm.ts';
import type { Normalization, RunningAverages, Saved } from '../steps/batch-norm.ts';
import type { Step } from '../steps/builder.ts';

const constantOf = (node: Node | undefined): number | null =>
  node?.op === 'full' && sizeOf(node.shape) === 1 ? Number(node.attributes['value']) : null;

/** How often a graph changes a state. */
const changes = ({ graph }: Uses, name: string): number =>
  graph.nodes.filter((node) => operationTable[node.op]?.writes?.(node.attributes).includes(name)).length;

/**
 * Batch normalization as TensorFlow fuses it: statistics, normalization and running averages in one operation, all three
 * gradients in another.
 *
 * @example const fusers = [fuseBatchNorm()]; // one for each graph
 */
export function fuseBatchNorm(): Fuser<Step> {
  const known = new Map<Node, (Normalization & { readonly saved: Saved }) | null>();
  const find = (stats: Node, uses: Uses) => {
    const found = known.get(stats);
    if (found !== undefined) return found;
    const made = findNormalization(stats, uses);
    const saved: Saved = { reserved: [], mean: -1, variance: -1 };
    const normalization = made && { ...made, saved };
    known.set(stats, normalization);
    return normalization;
  };

  return (node, uses): Fusion<Step> | null => {
    switch (node.op) {
      case 'bnStats': {
        const found = find(node, uses);
        return found && { anchor: node, absorbs: [node, found.apply], steps: [normalizeStep(found, found.saved)] };
      }
      case 'ema': {
        const stats = statisticsUnder(node);
        const found = stats && find(stats, uses);
        if (!found?.running) return null;
        const { mean, variance } = found.running;
        const [value] = node.inputs as readonly [Node];
        if (node === mean.effect)
          return { anchor: node, absorbs: [node], steps: [averageStep(node, mean.name, () => found.saved.mean)] };
        if (node !== variance.effect) return null;
        const steps = [averageStep(node, variance.name, () => found.saved.variance)];
        return { anchor: node, absorbs: [node, value], steps };
      }
      case 'bnGradReduce': {
        const [x, d, stats] = node.inputs as readonly [Node, Node, Node];
        const found = find(stats, uses);
        if (!found || found.apply.inputs[0] !== x) return null;
        const scale = found.apply.inputs[2];
        const inputs = uses
          .consumers(node)
          .filter(
            ({ op, inputs: [a, b, c, e] }) => op === 'bnGradInput' && a === x && b === d && c === stats && e === scale,
          );
        const [input] = inputs;
        const steps = [gradientStep(found, { sums: node, input }, found.saved)];
        return { anchor: node, absorbs: input ? [node, input] : [node], steps };
      }
      default:
        return null;
    }
  };
}

/** The normalization that takes these statistics, computed where they stand; null where TensorFlow's operation does not fit. */
function findNormalization(stats: Node, uses: Uses): Normalization | null {
  if (stats.op !== 'bnStats') return null;
  const takers = uses.consumers(stats).filter(({ op }) => op === 'bnApply');
  const [apply] = takers;
  if (!apply || takers.length > 1 || apply.inputs[0] !== stats.inputs[0]) return null;
  if (!attributesOf<BatchNormAttributes>(apply).batchStatistics) return null;
  const running = findRunning(stats, uses);
  // Statistics may be needed before the normalization stands in the schedule; an average over workers may come later than it stands.
  const isReady = (node: Node): boolean =>
    rootOf(node, operationTable).op !== 'allReduceMean' &&
    (uses.position(node) < uses.position(stats) ||
      ['full', 'input'].includes(node.op) ||
      (node.op === 'state' && attributesOf<StateAttributes>(node).version === 0));
  if (!apply.inputs.slice(2).every(isReady)) return null;
  return { stats, apply, running };
}

/** The statistics whose row, perhaps times a constant, an effect takes. */
function statisticsUnder({ inputs: [value] }: Node): Node | null {
  const factor = value!.op === 'mul' ? value!.inputs[0]! : value!;
  const rows = factor.op === 'reshape' ? factor.inputs[0]! : factor;
  return rows.op === 'rows' ? rows.inputs[0]! : null;
}

/** The running averages of mean and unbiased variance, where nothing else takes the statistics of the batch. */
function findRunning(stats: Node, uses: Uses): RunningAverages | null {
  const count = sizeOf(stats.inputs[0]!.shape) / stats.shape[1]!;
  const taken = [0, 1].map((index) => averageOfRow(stats, index, uses));
  const [mean, variance] = taken;
  if (!mean || !variance || mean.kept !== variance.kept || mean.factor !== null || variance.factor === null)
    return null;
  if (Math.abs((variance.factor * (count - 1)) / count - 1) > 1e-6) return null;
  const rows = uses.consumers(stats).filter(({ op }) => op === 'rows');
  const fused = ['rows', 'bnApply', 'bnGradReduce', 'bnGradInput'];
  if (rows.length !== 2 || !uses.consumers(stats).every(({ op }) => fused.includes(op)) || uses.isOutput(stats))
    return null;
  return { mean, variance, kept: mean.kept };
}

/** The effect that takes a row of the statistics, if it is the only one. */
function averageOfRow(
  stats: Node,
  index: number,
  uses: Uses,
): { readonly name: string; readonly effect: Node; readonly kept: number; readonly factor: number | null } | null {
  const only = (node: Node | undefined, op: string): Node | undefined => {
    if (!node || uses.isOutput(node)) return undefined;
    const consumers = uses.consumers(node);
    return consumers.length === 1 && consumers[0]!.op === op ? consumers[0] : undefined;
  };
  const row = uses.consumers(stats).find((node) => {
    const { from, to } = attributesOf<RowsAttributes>(node);
    return node.op === 'rows' && from === index && to === index + 1;
  });
  const vector = only(row, 'reshape');
  if (!vector || !sameShape(vector.shape, stats.shape.slice(1))) return null;
  const scaled = only(vector, 'mul');
  const factor = scaled ? constantOf(scaled.inputs[1]) : null;
  if (scaled && (factor === null || scaled.inputs[0] !== vector)) return null;
  const effect = only(scaled ?? vector, 'ema');
  const kept = constantOf(effect?.inputs[1]);
  if (!effect || kept === null) return null;
  const { name } = attributesOf<AssignAttributes>(effect);
  return changes(uses, name) === 1 ? { name, effect, kept, factor } : null;
}
