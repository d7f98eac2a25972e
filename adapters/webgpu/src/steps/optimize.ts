import { attributesOf, rootOf, sizeOf, slotName, workspace } from '@selfcure/tensor';
import type { AdamAttributes, AssignAttributes, Node, SgdAttributes } from '@selfcure/tensor';
import { keyOf } from '../plan/access.ts';
import { literal } from '../plan/literal.ts';
import { stateNode, step } from '../plan/step.ts';
import type { Step, TableRow } from '../plan/step.ts';
import type { StepBuilders } from './builder.ts';
import { copyStep } from './element-wise.ts';

/** Values that a table reads: states that it changes itself are read from copies of what they were. */
function unchanged(values: readonly Node[], written: readonly string[]): { nodes: Node[]; copies: Step[] } {
  return copied(values, (root) => root.op === 'state' && written.includes(String(keyOf(root))));
}

/** Constants have no memory; rows of a table need one. */
function placed(values: readonly Node[]): { nodes: Node[]; copies: Step[] } {
  return copied(values, ({ op }) => op === 'full' || op === 'iota');
}

function copied(values: readonly Node[], which: (root: Node) => boolean): { nodes: Node[]; copies: Step[] } {
  const copies: Step[] = [];
  const nodes = values.map((node) => {
    if (!which(rootOf(node))) return node;
    const copy = workspace(node.shape);
    copies.push(copyStep(node, copy));
    return copy;
  });
  return { nodes, copies };
}

/** An optimizer as a table over its parameters; `slots` of each parameter follow it in a row. */
function tableSteps(
  node: Node,
  options: {
    readonly scalars: number;
    readonly parameters: readonly string[];
    readonly slots: readonly ('m' | 'v' | 'momentum')[];
    readonly weightDecay: readonly number[];
    body(scalars: readonly string[]): string;
  },
): readonly Step[] {
  const { parameters, slots, weightDecay } = options;
  const statesOf = (name: string): string[] => [name, ...slots.map((slot) => slotName(name, slot))];
  const { nodes, copies } = unchanged(node.inputs, parameters.flatMap(statesOf));
  const gradients = placed(nodes.slice(options.scalars));
  const rows = parameters.map((name, i): TableRow => {
    const value = gradients.nodes[i]!;
    return { states: statesOf(name), value, length: sizeOf(value.shape), number: weightDecay[i]! };
  });
  return [
    ...copies,
    ...gradients.copies,
    step(node, [], {
      kind: 'table',
      key: `${node.op} ${node.id}`,
      rows,
      states: 1 + slots.length,
      body: ({ at }) => options.body(nodes.slice(0, options.scalars).map((scalar) => at(scalar, '0u'))),
    }),
  ];
}

function adam(node: Node): readonly Step[] {
  const { parameters, weightDecay, beta1, beta2, epsilon, decoupled } = attributesOf<AdamAttributes>(node);
  return tableSteps(node, {
    scalars: 3,
    parameters,
    slots: ['m', 'v'],
    weightDecay,
    body: ([rate, correction1, correction2]) => `let rate = ${rate};
let parameter = S[state0];
let gradient = ${decoupled ? 'value' : 'value + number * parameter'};
let m = ${literal(beta1)} * S[state1] + ${literal(1 - beta1)} * gradient;
let v = ${literal(beta2)} * S[state2] + ${literal(1 - beta2)} * (gradient * gradient);
S[state1] = m;
S[state2] = v;
let start = ${decoupled ? 'parameter * (1.0 - rate * number)' : 'parameter'};
S[state0] = start - m * (rate * ${correction1}) / (sqrt(v * ${correction2}) + ${literal(epsilon)});`,
  });
}

function sgd(node: Node): readonly Step[] {
  const { parameters, weightDecay, momentum, nesterov } = attributesOf<SgdAttributes>(node);
  const velocity = `let velocity = ${literal(momentum)} * S[state1] + gradient;
S[state1] = velocity;
let change = ${nesterov ? `gradient + ${literal(momentum)} * velocity` : 'velocity'};`;
  return tableSteps(node, {
    scalars: 1,
    parameters,
    slots: momentum === 0 ? [] : ['momentum'],
    weightDecay,
    body: ([rate]) => `let parameter = S[state0];
let gradient = value + number * parameter;
${momentum === 0 ? 'let change = gradient;' : velocity}
S[state0] = parameter - change * ${rate};`,
  });
}

function ema(node: Node): readonly Step[] {
  const [value, decay] = node.inputs as readonly [Node, Node];
  const { name } = attributesOf<AssignAttributes>(node);
  const { nodes, copies } = unchanged([value, decay], [name]);
  const [changing, kept] = nodes as [Node, Node];
  const source = placed([changing]);
  return [
    ...copies,
    ...source.copies,
    step(node, [], {
      kind: 'table',
      key: copies.length ? `ema of ${name}` : `ema ${decay.id}`,
      rows: [{ states: [name], value: source.nodes[0]!, length: sizeOf(value.shape), number: 0 }],
      states: 1,
      body: ({ at }) => `let decay = ${at(kept, '0u')};
S[state0] = S[state0] * decay + value * (1.0 - decay);`,
    }),
  ];
}

/** Effects: they change states in place. */
export const optimizeSteps: StepBuilders = {
  assign: (node) => {
    const value = node.inputs[0]!;
    return [copyStep(value, stateNode(attributesOf<AssignAttributes>(node).name, value), 0, [])];
  },
  ema,
  sgd,
  adam,
};
