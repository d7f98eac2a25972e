import { attributesOf, rootOf, sizeOf, slotName, workspace } from '@selfcure/tensor';
import type { AdamAttributes, AssignAttributes, Node, Place, SgdAttributes } from '@selfcure/tensor';
import { step } from '../plan/step.ts';
import type { Step, Word } from '../plan/step.ts';
import type { StepBuilders } from './builder.ts';
import { copyStep } from './move.ts';
import { shareOf } from './tasks.ts';

/** Of an element: sweeps over parameter, gradient and slots. */
const nanoseconds = { adam: 3, sgd: 1.5, ema: 0.8 };

/** The memory of a state. */
const stateNode = (name: string, { shape }: Node): Node => ({
  id: -1,
  op: 'state',
  inputs: [],
  attributes: { name },
  shape,
  dtype: 'f32',
  layer: '',
});

/** A parameter of an optimizer: its state, slots and gradient as nodes of one shape. */
interface Parameter {
  readonly nodes: readonly (Node | 0)[];
  readonly length: number;
  readonly weightDecay: number;
}

/**
 * Cuts parameters into pieces for tasks of about equal size.
 *
 * @returns a row [addresses, count] for every piece, where the pieces of each task start, the weight decay of every piece.
 */
function pieces(
  parameters: readonly Parameter[],
  elementNanoseconds: number,
): { rows: Word[]; starts: Int32Array; decays: Float32Array; tasks: number } {
  // Counted and cut in lines of 16 elements, so that pieces begin where cache lines do.
  const lines = parameters.reduce((sum, { length }) => sum + Math.ceil(length / 16), 0);
  const share = 16 * shareOf(lines, 16 * elementNanoseconds);
  const rows: Word[] = [];
  const decays: number[] = [];
  const starts = [0];
  let room = share;
  for (const { nodes, length, weightDecay } of parameters) {
    for (let from = 0; from < length;) {
      if (room === 0) {
        starts.push(decays.length);
        room = share;
      }
      const count = Math.min(room, length - from);
      rows.push(...nodes.map((node): Place | 0 => node && { node, bytes: 4 * from }), count);
      decays.push(weightDecay);
      from += count;
      room -= 16 * Math.ceil(count / 16);
    }
  }
  starts.push(decays.length);
  return { rows, starts: Int32Array.from(starts), decays: Float32Array.from(decays), tasks: starts.length - 1 };
}

/** Inputs of an effect, those that it changes itself as copies of what they were. */
function unchanged(inputs: readonly Node[], written: readonly string[]): { nodes: Node[]; copies: Step[] } {
  const copies: Step[] = [];
  const nodes = inputs.map((node) => {
    const root = rootOf(node);
    if (root.op !== 'state' || !written.includes(String(root.attributes['name']))) return node;
    const copy = workspace(node.shape);
    copies.push(copyStep(node, copy));
    return copy;
  });
  return { nodes, copies };
}

function adam(node: Node): readonly Step[] {
  const { parameters, weightDecay, beta1, beta2, epsilon, decoupled } = attributesOf<AdamAttributes>(node);
  const statesOf = (name: string): [string, string, string] => [name, slotName(name, 'm'), slotName(name, 'v')];
  const { nodes, copies } = unchanged(node.inputs, parameters.flatMap(statesOf));
  const [rate, correction1, correction2, ...gradients] = nodes as [Node, Node, Node, ...Node[]];
  const { rows, starts, decays, tasks } = pieces(
    parameters.map((name, i) => {
      const gradient = gradients[i]!;
      const [parameter, m, v] = statesOf(name).map((state) => stateNode(state, gradient)) as [Node, Node, Node];
      return { nodes: [parameter, gradient, m, v], length: sizeOf(gradient.shape), weightDecay: weightDecay[i]! };
    }),
    nanoseconds.adam,
  );
  return [
    ...copies,
    step(
      'adam',
      {
        pieces: rows,
        starts,
        decays,
        rate,
        correction1,
        correction2,
        beta1,
        rest1: 1 - beta1,
        beta2,
        rest2: 1 - beta2,
        epsilon,
        decoupled: Number(decoupled),
      },
      { tasks, writes: [] },
    ),
  ];
}

function sgd(node: Node): readonly Step[] {
  const { parameters, weightDecay, momentum, nesterov } = attributesOf<SgdAttributes>(node);
  const slotOf = (name: string): string => slotName(name, 'momentum');
  const { nodes, copies } = unchanged(node.inputs, [...parameters, ...parameters.map(slotOf)]);
  const [rate, ...gradients] = nodes as [Node, ...Node[]];
  const { rows, starts, decays, tasks } = pieces(
    parameters.map((name, i) => {
      const gradient = gradients[i]!;
      const slot = momentum === 0 ? 0 : stateNode(slotOf(name), gradient);
      const parameter = stateNode(name, gradient);
      return { nodes: [parameter, gradient, slot, 0], length: sizeOf(gradient.shape), weightDecay: weightDecay[i]! };
    }),
    nanoseconds.sgd,
  );
  return [
    ...copies,
    step('sgd', { pieces: rows, starts, decays, rate, momentum, nesterov: Number(nesterov) }, { tasks, writes: [] }),
  ];
}

function ema(node: Node): readonly Step[] {
  const [value, decay] = node.inputs as readonly [Node, Node];
  const length = sizeOf(value.shape);
  const share = 16 * shareOf(Math.ceil(length / 16), 16 * nanoseconds.ema);
  const state = stateNode(attributesOf<AssignAttributes>(node).name, value);
  return [step('ema', { state, value, decay, length, share }, { tasks: Math.ceil(length / share), writes: [] })];
}

/** Effects: they change states in place. */
export const optimizeSteps: StepBuilders = {
  assign: (node) => [copyStep(node.inputs[0]!, stateNode(attributesOf<AssignAttributes>(node).name, node.inputs[0]!))],
  ema,
  sgd,
  adam,
};
