import { attributesOf, slotName } from '@selfcure/tensor';
import type { AdamAttributes, AssignAttributes, FullAttributes, Node, SgdAttributes, Shape } from '@selfcure/tensor';
import { bool } from '../plan/attributes.ts';
import type { Value } from '../plan/operation.ts';
import type { Emitter } from '../plan/emitter.ts';
import type { Builder } from './builder.ts';

const multiply = (e: Emitter, a: Value, b: Value, shape: Shape = []): Value => e.apply('Mul', [a, b], { shape });

/** The gradient with the L2 term of the parameter. */
function withDecay(e: Emitter, gradient: Value, name: string, decay: number): Value {
  if (decay === 0) return gradient;
  const shape = e.shapeOf(gradient);
  const term = multiply(e, e.current(name, shape), e.scalar(decay), shape);
  return e.apply('AddV2', [gradient, term], { shape });
}

/** Names of the states that optimizers change in place. */
export function variablesOf(nodes: readonly Node[]): ReadonlySet<string> {
  return new Set(
    nodes.flatMap((node) => {
      if (node.op === 'adam') {
        const { parameters } = attributesOf<AdamAttributes>(node);
        return parameters.flatMap((name) => [name, slotName(name, 'm'), slotName(name, 'v')]);
      }
      if (node.op !== 'sgd') return [];
      const { parameters, momentum } = attributesOf<SgdAttributes>(node);
      return momentum === 0 ? parameters : parameters.flatMap((name) => [name, slotName(name, 'momentum')]);
    }),
  );
}

/** Effects: states that are replaced, and optimizers, which change variables in place. */
export const optimizeBuilders: Readonly<Record<string, Builder>> = {
  assign: (node, e) => e.assign(attributesOf<AssignAttributes>(node).name, e.value(node.inputs[0]!)),
  ema: (node, e) => {
    const [value, decay] = node.inputs as readonly [Node, Node];
    const { name } = attributesOf<AssignAttributes>(node);
    const { shape } = value;
    const constant = decay.op === 'full' ? attributesOf<FullAttributes>(decay).value : null;
    const kept = constant === null ? e.value(decay) : e.scalar(constant);
    const taken = constant === null ? e.apply('Sub', [e.scalar(1), kept], { shape: [] }) : e.scalar(1 - constant);
    const terms = [multiply(e, e.current(name, shape), kept, shape), multiply(e, e.value(value), taken, shape)];
    e.assign(name, e.apply('AddV2', terms, { shape }));
  },
  sgd: (node, e) => {
    const { parameters, momentum, nesterov, weightDecay } = attributesOf<SgdAttributes>(node);
    // All of them before the first update: a gradient may be a view of a parameter.
    const [step, ...gradients] = node.inputs.map((input) => e.value(input)) as [Value, ...Value[]];
    parameters.forEach((name, i) => {
      const gradient = withDecay(e, gradients[i]!, name, weightDecay[i]!);
      if (momentum === 0) return e.mutate('ResourceApplyGradientDescent', [e.variable(name), step, gradient]);
      const slots = [e.variable(name), e.variable(slotName(name, 'momentum'))];
      e.mutate(
        'ResourceApplyMomentum',
        [...slots, step, gradient, e.scalar(momentum)],
        [bool('use_nesterov', nesterov)],
      );
    });
  },
  /**
   * TensorFlow's Adam is p <- p - r m / (sqrt(v) + e) with r = rate sqrt(1 - beta2^t) / (1 - beta1^t). With that r and
   * e = epsilon sqrt(1 - beta2^t) it is Kingma and Ba's algorithm 1, which divides by sqrt(v / (1 - beta2^t)) + epsilon. The
   * corrections are inputs here, so it is given the powers 0.
   *
   * Its 1 - beta2 is a difference of float32 numbers, c times what it should be, and so is its v. Taken with 1 / (1 - beta2^t)
   * by c, the step is the right one.
   */
  adam: (node, e) => {
    const { parameters, beta1, beta2, epsilon, weightDecay, decoupled } = attributesOf<AdamAttributes>(node);
    const [rate, correction1, correction2, ...gradients] = node.inputs.map((input) => e.value(input)) as [
      Value,
      Value,
      Value,
      ...Value[],
    ];
    const scaled = multiply(e, correction2, e.scalar((1 - beta2) / (1 - Math.fround(beta2))));
    const root = e.apply('Rsqrt', [scaled], { shape: [] });
    const step = multiply(e, multiply(e, rate, correction1), root);
    const small = multiply(e, root, e.scalar(epsilon));
    const decays = new Map<number, Value>();
    const shrink = (decay: number): Value => {
      const known = decays.get(decay) ?? multiply(e, rate, e.scalar(decay));
      decays.set(decay, known);
      return known;
    };
    parameters.forEach((name, i) => {
      const decay = weightDecay[i]!;
      const gradient = decoupled ? gradients[i]! : withDecay(e, gradients[i]!, name, decay);
      if (decoupled && decay !== 0) {
        const shape = e.shapeOf(gradient);
        const parameter = e.current(name, shape);
        e.mutate('AssignSubVariableOp', [e.variable(name), multiply(e, parameter, shrink(decay), shape)]);
      }
      const slots = [e.variable(name), e.variable(slotName(name, 'm')), e.variable(slotName(name, 'v'))];
      const scalars = [e.scalar(0), e.scalar(0), step, e.scalar(beta1), e.scalar(beta2), small];
      e.mutate('ResourceApplyAdam', [...slots, ...scalars, gradient]);
    });
  },
};
