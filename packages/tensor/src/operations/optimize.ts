import { ShapeError } from '../errors.ts';
import type { Attributes, Node, Shape, Tensor } from '../graph.ts';
import type { Ops } from '../ops.ts';
import { sizeOf } from '../shape.ts';
import { attributesOf } from './operation.ts';
import type { OperationTable } from './operation.ts';

/** Attributes of `assign` and `ema`. */
export interface AssignAttributes {
  readonly name: string;
}

/** Attributes of `sgd`. */
export interface SgdAttributes {
  readonly parameters: readonly string[];
  /** 0 keeps no momentum slots. */
  readonly momentum: number;
  readonly nesterov: boolean;
  /** One L2 coefficient a parameter. */
  readonly weightDecay: readonly number[];
}

/** Attributes of `adam`. */
export interface AdamAttributes {
  readonly parameters: readonly string[];
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** One coefficient a parameter. */
  readonly weightDecay: readonly number[];
  /** true: the decay acts on the parameter (AdamW); false: it is added to the gradient (L2). */
  readonly decoupled: boolean;
}

/**
 * Name of an optimizer's slot for a parameter. Names of parameters have no ':', so no slot takes the place of one.
 *
 * @example slotName('stem/filter', 'momentum'); // 'stem/filter:momentum'
 */
export function slotName(parameter: string, slot: 'm' | 'v' | 'momentum'): string {
  return `${parameter}:${slot}`;
}

const none: Shape = [0];

function checkGradients(inputs: readonly Node[], attributes: Attributes, scalars: number): Shape {
  const { parameters, weightDecay } = attributesOf<SgdAttributes>({ attributes });
  if (inputs.length !== parameters.length + scalars || weightDecay.length !== parameters.length) {
    throw new ShapeError(
      `${parameters.length} parameters need as many gradients and weight decays after ${scalars} scalar(s), ` +
        `got ${inputs.length - scalars} and ${weightDecay.length}`,
    );
  }
  return none;
}

/** The gradient with the L2 term of the parameter. */
function withDecay(ops: Ops, gradient: Tensor, parameter: Tensor, decay: number): Tensor {
  return decay === 0 ? gradient : ops.add(gradient, ops.mul(parameter, decay));
}

const elements = (node: Node, scalars: number): number =>
  node.inputs.slice(scalars).reduce((sum, gradient) => sum + sizeOf(gradient.shape), 0);

/** Effects: the only operations that change state. Every other one reads what was there before or after them. */
export const optimizeOperations: OperationTable = {
  assign: {
    kind: 'effect',
    arity: 1,
    shape: () => none,
    writes: (attributes) => [attributesOf<AssignAttributes>({ attributes }).name],
    flops: () => 0,
  },
  ema: {
    kind: 'effect',
    arity: 2,
    shape: () => none,
    writes: (attributes) => [attributesOf<AssignAttributes>({ attributes }).name],
    lower(ops, node) {
      const [value, decay] = node.inputs as [Tensor, Tensor];
      const { name } = attributesOf<AssignAttributes>(node);
      return ops.assign(name, ops.add(ops.mul(ops.read(name), decay), ops.mul(value, ops.sub(1, decay))));
    },
    flops: (node) => 3 * sizeOf(node.inputs[0]!.shape),
  },
  sgd: {
    kind: 'effect',
    shape: (inputs, attributes) => checkGradients(inputs, attributes, 1),
    writes(attributes) {
      const { parameters, momentum } = attributesOf<SgdAttributes>({ attributes });
      return momentum === 0 ? parameters : parameters.flatMap((name) => [name, slotName(name, 'momentum')]);
    },
    lower(ops, node) {
      const { parameters, momentum, nesterov, weightDecay } = attributesOf<SgdAttributes>(node);
      const [rate, ...gradients] = node.inputs as [Tensor, ...Tensor[]];
      let last: Tensor | null = null;
      parameters.forEach((name, i) => {
        const parameter = ops.read(name);
        const gradient = withDecay(ops, gradients[i]!, parameter, weightDecay[i]!);
        let step = gradient;
        if (momentum !== 0) {
          const slot = slotName(name, 'momentum');
          const velocity = ops.add(ops.mul(ops.read(slot), momentum), gradient);
          ops.assign(slot, velocity);
          step = nesterov ? ops.add(gradient, ops.mul(velocity, momentum)) : velocity;
        }
        last = ops.assign(name, ops.sub(parameter, ops.mul(step, rate)));
      });
      return last;
    },
    flops: (node) => 6 * elements(node, 1),
  },
  adam: {
    kind: 'effect',
    shape: (inputs, attributes) => checkGradients(inputs, attributes, 3),
    writes: (attributes) =>
      attributesOf<AdamAttributes>({ attributes }).parameters.flatMap((name) => [
        name,
        slotName(name, 'm'),
        slotName(name, 'v'),
      ]),
    lower(ops, node) {
      const { parameters, beta1, beta2, epsilon, weightDecay, decoupled } = attributesOf<AdamAttributes>(node);
      const [rate, correction1, correction2, ...gradients] = node.inputs as [Tensor, Tensor, Tensor, ...Tensor[]];
      let last: Tensor | null = null;
      parameters.forEach((name, i) => {
        const parameter = ops.read(name);
        const decay = weightDecay[i]!;
        const gradient = decoupled ? gradients[i]! : withDecay(ops, gradients[i]!, parameter, decay);
        const m = ops.add(ops.mul(ops.read(slotName(name, 'm')), beta1), ops.mul(gradient, 1 - beta1));
        const v = ops.add(ops.mul(ops.read(slotName(name, 'v')), beta2), ops.mul(ops.square(gradient), 1 - beta2));
        const step = ops.div(
          ops.mul(m, ops.mul(rate, correction1)),
          ops.add(ops.sqrt(ops.mul(v, correction2)), epsilon),
        );
        const start = decoupled && decay !== 0 ? ops.mul(parameter, ops.sub(1, ops.mul(rate, decay))) : parameter;
        ops.assign(slotName(name, 'm'), m);
        ops.assign(slotName(name, 'v'), v);
        last = ops.assign(name, ops.sub(start, step));
      });
      return last;
    },
    flops: (node) => 12 * elements(node, 3),
  },
};
