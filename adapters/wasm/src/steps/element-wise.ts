import { attributesOf, resolve, sizeOf, stridesOf, unshaped } from '@selfcure/tensor';
import type { FullAttributes, Node, Shape } from '@selfcure/tensor';
import { step } from '../plan/step.ts';
import type { Step, Word } from '../plan/step.ts';
import type { StepBuilders } from './builder.ts';
import { shareOf } from './tasks.ts';

/**
 * Instructions of the vector machine, in the order of their numbers in kernels/element-wise.ts, with nanoseconds an
 * element.
 */
const costs = {
  identity: 0.05,
  neg: 0.05,
  abs: 0.05,
  relu: 0.05,
  sqrt: 0.2,
  rsqrt: 0.4,
  exp: 1.8,
  log: 2,
  sigmoid: 2,
  tanh: 2.4,
  add: 0.05,
  sub: 0.05,
  mul: 0.05,
  div: 0.2,
  maximum: 0.2,
  minimum: 0.2,
  greater: 0.05,
  greaterEqual: 0.05,
  equal: 0.05,
  reluGrad: 0.05,
  select: 0.05,
} as const;
type Instruction = keyof typeof costs;
const instructions = Object.keys(costs) as Instruction[];
/** To read or write an element of a stream, somewhere between the caches and memory. */
const streamNanoseconds = 0.08;

/** Operations that are instructions with operands in another order. */
const others: Readonly<Record<string, { readonly instruction: Instruction; readonly order: readonly number[] }>> = {
  square: { instruction: 'mul', order: [0, 0] },
  less: { instruction: 'greater', order: [1, 0] },
  broadcastTo: { instruction: 'identity', order: [0] },
};

/** Limits of the machine. */
const maxRegisters = 16;
const maxStreams = 16;
/** Elements of a block: wanted, and at most where operands repeat after an odd number of elements. */
const blockElements = 512;
const maxBlockElements = 1024;
/** Elements of one turn of the machine's loops. */
const turn = 8;
/** Bytes of scratch memory before the blocks, and between blocks: see kernels/element-wise.ts. */
const headBytes = 4 * (maxRegisters + maxStreams) + 32 * maxStreams;
const gapBytes = 64;

/** Kinds of streams, numbered as in kernels/element-wise.ts. */
const operand = 0;
const result = 1;
const repeated = 2;
const varying = 3;

/**
 * An operand or a result of a chain: axes of the result's elements, merged where that is possible, and strides of
 * the stream.
 */
interface Stream {
  readonly word: Word;
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly written: boolean;
}

/** A chain as the machine runs it. */
interface Chain {
  /** Operation, slot of the result, slots of the operands; slots from `maxRegisters` on are streams. */
  readonly code: readonly (readonly number[])[];
  readonly registers: number;
  readonly streams: readonly Stream[];
}

/**
 * Whether the vector machine computes a node: element-wise operations, and broadcasting, which is one of them to it.
 */
export function isElementWise(node: Node): boolean {
  return Object.hasOwn(costs, node.op) || Object.hasOwn(others, node.op);
}

/**
 * One step for element-wise nodes of one size, in the order of the schedule; null where they need more registers or
 * streams than the machine has.
 *
 * @param results those of the nodes that are stored.
 */
export function elementWiseStep(nodes: readonly Node[], results: readonly Node[]): Step | null {
  const chain = encodeChain(nodes, new Set(results));
  if (!chain) return null;
  const elements = sizeOf(nodes[0]!.shape);
  const block = blockOf(chain.streams, elements);
  const kinds = chain.streams.map((stream) => kindOf(stream, block, elements));
  const broadcast = kinds.filter((kind) => kind >= repeated).length;
  const nanoseconds =
    streamNanoseconds * (kinds.length - broadcast) +
    chain.code.reduce((sum, [code]) => sum + costs[instructions[code!]!], 0);
  const share = block * shareOf(Math.ceil(elements / block), block * nanoseconds);
  return step(
    'elementWise',
    {
      code: Int32Array.from(chain.code.flat()),
      instructions: chain.code.length,
      registers: chain.registers,
      streams: chain.streams.flatMap(({ word, sizes, strides }, i) => [
        word,
        kinds[i]!,
        sizes.length,
        ...sizes,
        ...strides,
      ]),
      streamCount: chain.streams.length,
      elements,
      block,
      share,
    },
    {
      tasks: Math.ceil(elements / share),
      writes: results,
      scratchBytes: headBytes + (chain.registers + broadcast) * (4 * block + gapBytes),
    },
  );
}

function encodeChain(nodes: readonly Node[], results: ReadonlySet<Node>): Chain | null {
  const members = new Set(nodes);
  const lastUse = new Map(nodes.flatMap((node) => node.inputs.map((input) => [unshaped(input), node])));
  const streams = new Map<string, { readonly slot: number; readonly stream: Stream }>();
  const slotOfStream = ([key, stream]: readonly [string, Stream]): number => {
    if (!streams.has(key)) streams.set(key, { slot: maxRegisters + streams.size, stream });
    return streams.get(key)!.slot;
  };
  const slots = new Map<Node, number>();
  const free: number[] = [];
  let registers = 0;
  const code: number[][] = [];
  for (const node of nodes) {
    const { instruction, order } = others[node.op] ?? { instruction: node.op as Instruction };
    const operands = node.inputs.map(
      (input) => slots.get(unshaped(input)) ?? slotOfStream(operandStream(input, node.shape)),
    );
    // A stream as it is: its readers take it from where it lies.
    if (instruction === 'identity' && !results.has(node) && operands[0]! >= maxRegisters) {
      slots.set(node, operands[0]!);
      continue;
    }
    const unused = [...new Set(node.inputs.map(unshaped))]
      .filter((input) => members.has(input) && lastUse.get(input) === node)
      .map((input) => slots.get(input)!)
      .filter((slot) => slot < maxRegisters);
    // A result may take the place of an operand, but for `tanh`, which reads its operand twice.
    if (instruction !== 'tanh') free.push(...unused);
    const to = results.has(node) ? slotOfStream(resultStream(node)) : (free.pop() ?? registers++);
    if (instruction === 'tanh') free.push(...unused);
    slots.set(node, to);
    const [a, b = a, c = a] = (order?.map((i) => operands[i]!) ?? operands) as [number, ...number[]];
    code.push([instructions.indexOf(instruction), to, a, b, c]);
  }
  if (registers > maxRegisters || streams.size > maxStreams) return null;
  return { code, registers, streams: [...streams.values()].map(({ stream }) => stream) };
}

/** The stream of an operand that is broadcast to a shape, with a key that equal streams share. */
function operandStream(input: Node, shape: Shape): readonly [string, Stream] {
  const source = unshaped(input);
  if (source.op === 'full') {
    const { value } = attributesOf<FullAttributes>(source);
    const key = `number ${Object.is(value, -0) ? '-0' : value}`;
    return [key, { word: Float32Array.of(value), sizes: [sizeOf(shape)], strides: [0], written: false }];
  }
  const axes = broadcastAxes(input.shape, shape);
  const { node, bytes } = resolve({ node: input, bytes: 0 });
  return [
    `operand ${node.id} ${bytes} ${axes.sizes.join()} ${axes.strides.join()}`,
    { word: input, ...axes, written: false },
  ];
}

function resultStream(node: Node): readonly [string, Stream] {
  return [`result ${node.id}`, { word: node, sizes: [sizeOf(node.shape)], strides: [1], written: true }];
}

/**
 * Axes of an operand of shape `from` broadcast to `shape`, as few as possible: stride 0 where elements repeat. At
 * least one. From [32, 1, 1, 8] to [32, 6, 6, 8]: sizes 32, 36, 8 and strides 8, 0, 1.
 */
function broadcastAxes(from: Shape, shape: Shape): { sizes: number[]; strides: number[] } {
  const natural = stridesOf(from);
  const added = shape.length - from.length;
  const sizes: number[] = [];
  const strides: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    if (size === 1) continue;
    const stride = axis < added || from[axis - added] === 1 ? 0 : natural[axis - added]!;
    if (sizes.length && stride === sizes[0]! * strides[0]!) sizes[0]! *= size;
    else {
      sizes.unshift(size);
      strides.unshift(stride);
    }
  }
  return sizes.length ? { sizes, strides } : { sizes: [1], strides: [1] };
}

const isContiguous = ({ strides }: Stream): boolean => strides.length === 1 && strides[0] === 1;

/** Number of elements after which a stream repeats; Infinity where it does not. */
function periodOf({ sizes, strides }: Stream): number {
  return strides[0] === 0 ? sizeOf(sizes.slice(1)) : Infinity;
}

/** Elements of a block: whole periods of as many streams as possible. */
function blockOf(streams: readonly Stream[], elements: number): number {
  if (elements <= blockElements) return turn * Math.ceil(elements / turn);
  let unit = turn;
  for (const period of streams.map(periodOf).sort((a, b) => a - b)) {
    const multiple = leastCommonMultiple(unit, period);
    if (multiple <= maxBlockElements) unit = multiple;
  }
  return unit * Math.max(1, Math.floor(blockElements / unit));
}

function kindOf(stream: Stream, block: number, elements: number): number {
  if (stream.written) return result;
  if (isContiguous(stream)) return operand;
  const period = periodOf(stream);
  // One block needs no repetition, but a stream that does not repeat ends with the last element.
  return block % period === 0 || (elements <= block && period < Infinity) ? repeated : varying;
}

function leastCommonMultiple(a: number, b: number): number {
  if (b === Infinity) return Infinity;
  let [x, y] = [a, b];
  while (y) [x, y] = [y, x % y];
  return (a / x) * b;
}

const oneNode = (node: Node): readonly Step[] => [elementWiseStep([node], [node])!];

/** Element-wise operations alone. */
export const elementWiseSteps: StepBuilders = Object.fromEntries(
  [...instructions, ...Object.keys(others)].map((operation) => [operation, oneNode]),
);
