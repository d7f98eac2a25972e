import { rootOf, sizeOf, stridesOf, unshaped } from '@selfcure/tensor';
import type { Node, Shape } from '@selfcure/tensor';
import { isAligned, keyOf, plus } from '../plan/access.ts';
import type { Access } from '../plan/access.ts';
import { threads } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import { smallElements } from './builder.ts';
import type { StepBuilders } from './builder.ts';

/** Formulas over the operands `a`, `b`, `c`; `T` is the type, `N` the number of elements computed at once. */
const formulas: Readonly<Record<string, string>> = {
  identity: 'a',
  broadcastTo: 'a',
  neg: '-a',
  exp: 'exp(a)',
  log: 'log(a)',
  sqrt: 'sqrt(a)',
  rsqrt: 'inverseSqrt(a)',
  square: 'a * a',
  abs: 'abs(a)',
  relu: 'select(T(0.0), a, a > T(0.0))',
  sigmoid: 'logisticN(a)',
  tanh: 'hyperbolicN(a)',
  add: 'a + b',
  sub: 'a - b',
  mul: 'a * b',
  div: 'a / b',
  maximum: 'largerN(a, b)',
  minimum: 'smallerN(a, b)',
  greater: 'select(T(0.0), T(1.0), a > b)',
  greaterEqual: 'select(T(0.0), T(1.0), a >= b)',
  less: 'select(T(0.0), T(1.0), a < b)',
  equal: 'select(T(0.0), T(1.0), a == b)',
  reluGrad: 'select(T(0.0), a, b > T(0.0))',
  select: 'select(c, b, a != T(0.0))',
};

/** Whether a node is computed element by element. */
export function isElementWise(node: Node): boolean {
  return Object.hasOwn(formulas, node.op);
}

/**
 * One step for element-wise nodes of one size, in the order of the schedule, the last of which is stored; null where they read
 * more values than a kernel may bind.
 */
export function elementWiseStep(nodes: readonly Node[], maxBuffers: number): Step | null {
  const members = new Set(nodes);
  const result = nodes.at(-1)!;
  const operands = nodes.flatMap((node) =>
    node.inputs.filter((input) => !members.has(unshaped(input))).map((input) => ({ input, shape: node.shape })),
  );
  const roots = operands.map(({ input }) => rootOf(input));
  const bound = new Set(roots.filter(({ op }) => op !== 'full' && op !== 'iota').map(keyOf));
  if (bound.size + 1 > maxBuffers) return null;
  const elements = sizeOf(result.shape);
  const byFours =
    elements % 4 === 0 && elements > smallElements && operands.every(({ input, shape }) => readsByFours(input, shape));
  return threads(result, [result], {
    threads: byFours ? elements / 4 : elements,
    trips: nodes.length,
    body: (access) => chain(access, nodes, byFours),
  });
}

function chain(access: Access, nodes: readonly Node[], byFours: boolean): string {
  const names = new Map(nodes.map((node, k) => [node, `v${k}`]));
  const type = byFours ? 'vec4f' : 'f32';
  const lines = nodes.map((node) => {
    const operands = node.inputs.map(
      (input) => names.get(unshaped(input)) ?? readOperand(access, input, node.shape, byFours),
    );
    const formula = formulas[node.op]!.replaceAll('T(', `${type}(`)
      .replaceAll('N(', `${byFours ? 4 : 1}(`)
      .replace(/\b[abc]\b/g, (name) => operands['abc'.indexOf(name)]!);
    return `let ${names.get(node)!} = ${formula};`;
  });
  const result = nodes.at(-1)!;
  const store = byFours ? access.setVector : access.set;
  return `${lines.join('\n')}\n${store(result, 'i', names.get(result)!)}`;
}

function readOperand(access: Access, input: Node, shape: Shape, byFours: boolean): string {
  const axes = broadcastAxes(input.shape, shape);
  if (!byFours) return access.at(input, indexOf(axes, 'i'));
  if (axes.at(-1)!.stride === 0) return `vec4f(${access.at(input, indexOf(axes, '(4u * i)'))})`;
  const fours = axes.map(({ size, stride }, k) =>
    k === axes.length - 1 ? { size: size / 4, stride } : { size, stride: stride / 4 },
  );
  return access.vector(input, indexOf(fours, 'i'));
}

/** Whether four neighbours in the result are four neighbours, or one element, of the operand. */
function readsByFours(input: Node, shape: Shape): boolean {
  const axes = broadcastAxes(input.shape, shape);
  const last = axes.at(-1)!;
  if (last.size % 4 !== 0) return false;
  return last.stride === 0 || (isAligned(input) && axes.slice(0, -1).every(({ stride }) => stride % 4 === 0));
}

/** An axis of a result: its length, and how far neighbours along it are apart in an operand. */
interface Axis {
  readonly size: number;
  readonly stride: number;
}

/**
 * Axes of an operand of shape `from` broadcast to `shape`, as few as possible: stride 0 where elements repeat. At least one.
 * From [32, 1, 1, 8] to [32, 6, 6, 8]: sizes 32, 36, 8 and strides 8, 0, 1.
 */
function broadcastAxes(from: Shape, shape: Shape): readonly Axis[] {
  const natural = stridesOf(from);
  const added = shape.length - from.length;
  const axes: Axis[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    if (size === 1) continue;
    const stride = axis < added || from[axis - added] === 1 ? 0 : natural[axis - added]!;
    const inner = axes[0];
    if (inner && stride === inner.size * inner.stride) axes[0] = { size: size * inner.size, stride: inner.stride };
    else axes.unshift({ size, stride });
  }
  return axes.length ? axes : [{ size: 1, stride: 0 }];
}

/** The index of an operand's element from that of the result. */
function indexOf(axes: readonly Axis[], index: string): string {
  let inner = 1;
  const terms: string[] = [];
  for (let k = axes.length - 1; k >= 0; k--) {
    const { size, stride } = axes[k]!;
    const quotient = inner === 1 ? index : `${index} / ${inner}u`;
    const position = k === 0 ? quotient : `${quotient} % ${size}u`;
    if (stride > 0) terms.unshift(stride === 1 ? position : `(${position}) * ${stride}u`);
    inner *= size;
  }
  return terms.join(' + ') || '0u';
}

/** Copies a whole value. */
export function copyStep(from: Node, to: Node, at = 0, writes: readonly Node[] = [to]): Step {
  const elements = sizeOf(from.shape);
  const byFours = elements % 4 === 0 && elements > smallElements && at % 4 === 0 && isAligned(from) && isAligned(to);
  return threads(to.op === 'workspace' || to.op === 'state' ? from : to, writes, {
    threads: byFours ? elements / 4 : elements,
    trips: 1,
    body: ({ at: read, vector, set, setVector }) =>
      byFours ? setVector(to, plus('i', at / 4), vector(from, 'i')) : set(to, plus('i', at), read(from, 'i')),
  });
}

/** Element-wise operations alone. */
export const elementWiseSteps: StepBuilders = Object.fromEntries(
  Object.keys(formulas).map((operation) => [
    operation,
    (node, { maxBuffers }) => [elementWiseStep([node], maxBuffers)!],
  ]),
);
