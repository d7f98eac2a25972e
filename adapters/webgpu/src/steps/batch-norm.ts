import { attributesOf, sizeOf, workspace } from '@selfcure/tensor';
import type { Node, NormalizeOptions, ReluGradient } from '@selfcure/tensor';
import { isAligned } from '../plan/access.ts';
import type { Access } from '../plan/access.ts';
import { literal } from '../plan/literal.ts';
import { step, threads } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import { smallElements } from './builder.ts';
import type { KernelOptions, StepBuilders } from './builder.ts';

/** Invocations of a workgroup that goes down some columns. */
const groupSize = 64;
/** Bytes that neighbours read of a row. */
const rowBytes = 64;
/** Rows that one workgroup takes at most where more of them would keep the device busy. */
const partRows = 2048;

/** A value as rows of columns, a column being one channel or four of them. */
interface Columns {
  readonly rows: number;
  readonly columns: number;
  /** Channels of a column. */
  readonly width: 1 | 4;
}

/** All axes but the last as one; by fours where every value that is read or written allows it. */
function columnsOf({ shape }: Node, byFours: boolean, values: readonly (Node | undefined)[]): Columns {
  const channels = shape.at(-1)!;
  const width = byFours && channels % 4 === 0 && values.every((value) => !value || isAligned(value)) ? 4 : 1;
  return { rows: sizeOf(shape.slice(0, -1)), columns: channels / width, width };
}

/** Reads and writes of columns. */
function columnAccess(access: Access, width: 1 | 4) {
  return {
    type: width === 4 ? 'vec4f' : 'f32',
    read: width === 4 ? access.vector : access.at,
    write: width === 4 ? access.setVector : access.set,
  };
}

/** How workgroups share rows and columns. */
interface Sweep extends Columns {
  /** Columns of a workgroup, and rows that it reads at a time. */
  readonly wide: number;
  readonly high: number;
  /** Workgroups along the columns, ranges of rows, rows of a range. */
  readonly across: number;
  readonly parts: number;
  readonly share: number;
}

function sweepOf(extent: Columns, { parallel }: KernelOptions): Sweep {
  const { rows, columns, width } = extent;
  let wide = 1;
  while (2 * wide <= columns && 8 * wide * width <= rowBytes) wide *= 2;
  const across = Math.ceil(columns / wide);
  const useful = Math.max(1, Math.floor(parallel / (groupSize * across)));
  const parts = rows <= partRows ? 1 : Math.min(useful, Math.ceil(rows / (partRows / 2)));
  const share = Math.ceil(rows / parts);
  return { ...extent, wide, high: groupSize / wide, across, parts: Math.ceil(rows / share), share };
}

/**
 * A workgroup that goes down its columns, every invocation over some of the rows, and joins what they found in a tree.
 *
 * @param row statements over the index `j` of an element.
 * @param join statements that join what `other` found into what `lane` found.
 */
function sweep(
  node: Node,
  writes: readonly Node[],
  { wide, high, across, parts, share, rows, columns }: Sweep,
  code: {
    readonly memory: string;
    readonly start: (access: Access) => string;
    readonly row: (access: Access) => string;
    readonly leave: string;
    readonly join: string;
    readonly finish: (access: Access) => string;
  },
): Step {
  const { memory, start, row, leave, join, finish } = code;
  return step(node, writes, {
    kind: 'groups',
    groups: across * parts,
    size: groupSize,
    memory,
    body: (access) => `let column = (group % ${across}u) * ${wide}u + lane % ${wide}u;
let c = min(column, ${columns - 1}u);
let part = group / ${across}u;
let first = part * ${share}u + lane / ${wide}u;
let end = min(${rows}u, part * ${share}u + ${share}u);
${start(access)}
for (var r = first; r < end; r += ${high}u) {
let j = r * ${columns}u + c;
${row(access)}
}
${leave}
workgroupBarrier();
for (var half = ${high / 2}u; half > 0u; half /= 2u) {
if (lane < half * ${wide}u) {
let other = lane + half * ${wide}u;
${join}
}
workgroupBarrier();
}
if (lane < ${wide}u && column < ${columns}u) {
${finish(access)}
}`,
  });
}

const array = (name: string, type: string): string => `var<workgroup> ${name} : array<${type}, ${groupSize}>;`;

/** Joins mean and sum of squared differences of two sets of `na` and `nb` elements (Chan et al.). */
const joinMoments = `let n = na + nb;
let delta = otherMean - mean;
mean += delta * (nb / n);
squares += otherSquares + delta * delta * (na * nb / n);`;

function statistics(node: Node, options: KernelOptions): readonly Step[] {
  const x = node.inputs[0]!;
  const shared = sweepOf(columnsOf(x, true, [x]), options);
  const { rows, columns, width, parts, share } = shared;
  const channels = columns * width;
  const { epsilon } = attributesOf<{ epsilon: number }>(node);
  const type = width === 4 ? 'vec4f' : 'f32';
  const result = parts === 1 ? node : workspace([parts, 2, channels]);
  const store = (
    write: Access['set'],
    of: string,
    from: string,
  ): string => `let variance = max(squares / ${literal(rows)}, ${of}(0.0));
${write(node, 'c', 'mean')}
${write(node, `${from}u + c`, 'variance')}
${write(node, `${2 * Number(from)}u + c`, `inverseSqrt(variance + ${literal(epsilon)})`)}`;
  const swept = sweep(node, [result], shared, {
    memory: `${array('counts', 'f32')}\n${array('means', type)}\n${array('spreads', type)}`,
    // Each invocation shifts by its own first element, so that no square is large beside the variance.
    start: (
      access,
    ) => `let shift = ${columnAccess(access, width).read(x, `min(first, ${rows - 1}u) * ${columns}u + c`)};
var count = 0.0;
var sum = ${type}(0.0);
var sumOfSquares = ${type}(0.0);`,
    row: (access) => `let d = ${columnAccess(access, width).read(x, 'j')} - shift;
count += 1.0;
sum += d;
sumOfSquares += d * d;`,
    leave: `let least = max(count, 1.0);
counts[lane] = count;
means[lane] = shift + sum / least;
spreads[lane] = sumOfSquares - sum * sum / least;`,
    join: `let na = counts[lane];
let nb = counts[other];
if (nb > 0.0) {
var mean = means[lane];
var squares = spreads[lane];
let otherMean = means[other];
let otherSquares = spreads[other];
${joinMoments}
counts[lane] = n;
means[lane] = mean;
spreads[lane] = squares;
}`,
    finish: (access) => {
      const { write } = columnAccess(access, width);
      const values = 'let mean = means[lane];\nlet squares = spreads[lane];';
      if (parts === 1) return `${values}\n${store(write, type, String(columns))}`;
      return `${values}
${write(result, `part * ${2 * columns}u + c`, 'mean')}
${write(result, `part * ${2 * columns}u + ${columns}u + c`, 'squares')}`;
    },
  });
  if (parts === 1) return [swept];
  const joined = threads(node, [node], {
    threads: channels,
    trips: parts,
    body: ({ at, set }) => `let c = i;
var na = 0.0;
var mean = 0.0;
var squares = 0.0;
for (var part = 0u; part < ${parts}u; part++) {
let nb = f32(min(${rows}u, part * ${share}u + ${share}u) - part * ${share}u);
let otherMean = ${at(result, `part * ${2 * channels}u + c`)};
let otherSquares = ${at(result, `part * ${2 * channels}u + ${channels}u + c`)};
${joinMoments}
na = n;
}
${store(set, 'f32', String(channels))}`,
  });
  return [swept, joined];
}

/** Row `row` of statistics or sums, of column `c`. */
const rowOf = (columns: number, row: number): string => (row === 0 ? 'c' : `${row * columns}u + c`);

/** The step of a `bnApply` and what follows it; `y` is the value of the last operation. */
export function normalizeSteps(
  bnApply: Node,
  y: Node,
  { residual, relu = false }: NormalizeOptions = {},
): readonly Step[] {
  const [x, statistics, scale, offset] = bnApply.inputs as readonly [Node, Node, Node, Node];
  const byFours = sizeOf(x.shape) > smallElements;
  const { rows, columns, width } = columnsOf(x, byFours, [x, statistics, scale, offset, residual]);
  return [
    threads(y, [y], {
      threads: rows * columns,
      trips: 1,
      body: (access) => {
        const { type, read, write } = columnAccess(access, width);
        return `let c = i % ${columns}u;
${normalized(read, bnApply, columns, 'i')}
let value = normal${residual ? ` + ${read(residual, 'i')}` : ''};
${write(y, 'i', relu ? `select(${type}(0.0), value, value > ${type}(0.0))` : 'value')}`;
      },
    }),
  ];
}

/** Declares `normal`: the value of a `bnApply`. */
function normalized(read: Access['at'], bnApply: Node, columns: number, index: string): string {
  const [x, statistics, scale, offset] = bnApply.inputs as readonly [Node, Node, Node, Node];
  const factor = `${read(statistics, rowOf(columns, 2))} * ${read(scale, 'c')}`;
  return `let normal = (${read(x, index)} - ${read(statistics, 'c')}) * (${factor}) + ${read(offset, 'c')};`;
}

/** Steps of a `bnGradReduce`, with the ReLU's gradient in the same sweep where one is given. */
export function gradientSumSteps(node: Node, options: KernelOptions, relu?: ReluGradient): readonly Step[] {
  const [x, given, statistics] = node.inputs as readonly [Node, Node, Node];
  const { upstream = given, addend, y, d, bnApply } = relu ?? {};
  const values = [x, statistics, upstream, addend, y, d, ...(bnApply?.inputs ?? [])];
  const shared = sweepOf(columnsOf(x, true, values), options);
  const { columns, width, parts } = shared;
  const channels = columns * width;
  const type = width === 4 ? 'vec4f' : 'f32';
  const result = parts === 1 ? node : workspace([parts, 2, channels]);
  const swept = sweep(node, d ? [result, d] : [result], shared, {
    memory: `${array('sums', type)}\n${array('products', type)}`,
    start: (access) => `let mean = ${columnAccess(access, width).read(statistics, 'c')};
var sum = ${type}(0.0);
var product = ${type}(0.0);`,
    row: (access) => {
      const { read, write } = columnAccess(access, width);
      const whole = `${read(upstream, 'j')}${addend ? ` + ${read(addend, 'j')}` : ''}`;
      const sign = bnApply ? 'normal' : y && read(y, 'j');
      return `${bnApply ? normalized(read, bnApply, columns, 'j') : ''}
let d = ${sign ? `select(${type}(0.0), ${whole}, ${sign} > ${type}(0.0))` : whole};
${d ? write(d, 'j', 'd') : ''}
sum += d;
product += d * (${read(x, 'j')} - mean);`;
    },
    leave: 'sums[lane] = sum;\nproducts[lane] = product;',
    join: 'sums[lane] += sums[other];\nproducts[lane] += products[other];',
    finish: (access) => {
      const { read, write } = columnAccess(access, width);
      const row = parts === 1 ? '' : `part * ${2 * columns}u + `;
      return `${write(result, `${row}c`, 'sums[lane]')}
${write(result, `${row}${columns}u + c`, `products[lane] * ${read(statistics, rowOf(columns, 2))}`)}`;
    },
  });
  if (parts === 1) return [swept];
  const joined = threads(node, [node], {
    threads: 2 * channels,
    trips: parts,
    body: ({ at, set }) => `var sum = 0.0;
for (var part = 0u; part < ${parts}u; part++) { sum += ${at(result, `part * ${2 * channels}u + i`)}; }
${set(node, 'i', 'sum')}`,
  });
  return [swept, joined];
}

/** The step of a `bnGradInput`; with the gradient of the ReLU that follows `bnApply` in the same sweep where one is given. */
export function gradientSteps(node: Node, relu?: { readonly upstream: Node; readonly bnApply: Node }): readonly Step[] {
  const [x, given, statistics, scale, sums] = node.inputs as readonly [Node, Node, Node, Node, Node];
  const upstream = relu?.upstream ?? given;
  const values = [x, statistics, scale, sums, upstream, ...(relu?.bnApply.inputs ?? [])];
  const { rows, columns, width } = columnsOf(x, sizeOf(x.shape) > smallElements, values);
  const part = literal(1 / rows);
  return [
    threads(node, [node], {
      threads: rows * columns,
      trips: 1,
      body: (access) => {
        const { type, read, write } = columnAccess(access, width);
        return `let c = i % ${columns}u;
${relu ? normalized(read, relu.bnApply, columns, 'i') : ''}
let d = ${relu ? `select(${type}(0.0), ${read(upstream, 'i')}, normal > ${type}(0.0))` : read(upstream, 'i')};
let deviation = ${read(statistics, rowOf(columns, 2))};
let x = (${read(x, 'i')} - ${read(statistics, 'c')}) * deviation;
let centred = d - ${read(sums, 'c')} * ${part} - x * (${read(sums, rowOf(columns, 1))} * ${part});
${write(node, 'i', `${read(scale, 'c')} * deviation * centred`)}`;
      },
    }),
  ];
}

/** Batch normalization; what is fused with it: plan-backend.ts. */
export const batchNormSteps: StepBuilders = {
  bnStats: statistics,
  bnApply: (node) => normalizeSteps(node, node),
  bnGradReduce: (node, options) => gradientSumSteps(node, options),
  bnGradInput: (node) => gradientSteps(node),
};
