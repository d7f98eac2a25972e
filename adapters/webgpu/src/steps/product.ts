import { workspace } from '@selfcure/tensor';
import type { Node } from '@selfcure/tensor';
import type { Access } from '../plan/access.ts';
import { step } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import type { KernelOptions } from './builder.ts';
import { reduction } from './reduce.ts';

/**
 * A matrix of a product as its elements are read: convolutions never store theirs. Statements know the index along the rows or
 * columns of the result as `at` with the name of a reader behind it, such as `atA0`.
 */
export interface Operand {
  /** Along which of its axes neighbours lie side by side in memory: that of the sum, or the other one. */
  readonly along: 'sum' | 'result';
  /** Whether four neighbours are read at once: the length of their axis is then a multiple of four. */
  readonly byFours: boolean;
  /** Declares what depends on the reader's index alone; every name ends with that of the reader. */
  start(reader: string): string;
  /** Sets `target` to the element, or the four, at index `k` of the sum; leaves it 0 where there is none. */
  read(reader: string, k: string, target: string): string;
}

/** The text of a product over an access. */
export interface ProductCode {
  /** Declares, over `phase : u32`, what the operands need. */
  readonly start: string;
  /** Terms of the sum of a phase: an expression of type u32. */
  readonly terms: string;
  readonly a: Operand;
  readonly b: Operand;
  /** Stores four columns from `column` on of row `row`, `offset` elements behind the first of `result`. */
  store(result: Node, offset: string, row: string, column: string, value: string): string;
}

/** A node as a product of matrices: rows by columns, each a sum of `terms` products. */
export interface Product {
  readonly rows: number;
  /** A multiple of four. */
  readonly columns: number;
  /** The most terms of a sum. */
  readonly terms: number;
  /** Products of this size beside each other, such as the phases of a stride. */
  readonly phases: number;
  /** Elements of the node. */
  readonly elements: number;
  code(access: Access): ProductCode;
}

/**
 * A matrix that is stored.
 *
 * @param length of its rows: along the sum, or along the result.
 */
export function matrix(
  { at, vector }: Access,
  node: Node,
  { along, length, byFours }: { along: Operand['along']; length: number; byFours: boolean },
): Operand {
  const index = (reader: string, k: string): string =>
    along === 'sum' ? `at${reader} * ${length}u + ${k}` : `${k} * ${length}u + at${reader}`;
  return {
    along,
    byFours,
    start: () => '',
    read: (reader, k, target) =>
      `${target} = ${byFours ? vector(node, `(${index(reader, k)}) / 4u`) : at(node, index(reader, k))};`,
  };
}

/** Stores the rows of a result as they lie, one after the other. */
export function storeRows({ setVector }: Access, columns: number): ProductCode['store'] {
  return (result, offset, row, column, value) =>
    setVector(result, `(${offset} + ${row} * ${columns}u + ${column}) / 4u`, value);
}

/** What a workgroup computes: a tile of the result, from slices of the sum that it keeps in its memory. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  /** Terms of a slice. */
  readonly slice: number;
  /** Invocations; each computes four columns of four rows, or of several times four. */
  readonly size: number;
}

/** Workgroups of a product whose sums are not split. */
export function tilesOf({ rows, columns, phases }: Product, tile: Tile): number {
  return Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) * phases;
}

/** Lines of text for 0 to `count` - 1. */
const each = (count: number, line: (k: number) => string): string =>
  Array.from({ length: count }, (_, k) => line(k)).join('\n');

const lanes = ['x', 'y', 'z', 'w'];

/**
 * A slice of an operand in the memory of a workgroup, by blocks of four by four elements: `length` along the result, `slice` along
 * the sum. A block is kept as it is read, by four vectors along the sum or along the result. Vectors of a block, and blocks along the
 * sum, lie a little further apart than they are long, so that neighbours write into different banks.
 */
function blocksOf(length: number, slice: number): { vector: number; block: number; vectors: number } {
  const vector = length / 4 + 4;
  const block = 4 * vector + 1;
  return { vector, block, vectors: (slice / 4) * block };
}

/** Statements that fetch the slices of an operand: before the loop over slices, into registers, and from there into the slice. */
interface Fetcher {
  readonly start: string;
  readonly read: string;
  readonly store: string;
}

/** How a workgroup fetches an operand. All reads of a slice stand before its stores, so that none waits for another. */
function fetcher(
  name: string,
  { along, byFours, start, read }: Operand,
  { length, first, limit, slice, size }: { length: number; first: string; limit: number; slice: number; size: number },
): Fetcher {
  const { vector, block } = blocksOf(length, slice);
  const units = (length * slice) / 4;
  const readers = Array.from({ length: Math.ceil(units / size) }, (_, n) => `${name}${n}`);
  // Neighbours read what lies side by side: along the sum its vectors are counted first, else those along the result.
  const across = along === 'sum' ? slice / 4 : length / 4;
  const quads = !byFours && along === 'result';
  const inside = (reader: string, k: string, more = ''): string => `at${reader}${more} < ${limit}u && ${k} < end`;
  const declare = (reader: string, n: number): string => {
    const unit = `let unit${reader} = lane + ${n * size}u;`;
    const [fast, slow] = [`unit${reader} % ${across}u`, `unit${reader} / ${across}u`];
    const place =
      along === 'sum'
        ? `let term${reader} = ${fast} * 4u;
let at${reader} = ${first} + ${slow};
let to${reader} = ${fast} * ${block}u + (${slow}) % 4u * ${vector}u + (${slow}) / 4u;`
        : `let term${reader} = ${slow};
let at${reader} = ${first} + ${fast} * 4u;
let to${reader} = (${slow}) / 4u * ${block}u + (${slow}) % 4u * ${vector}u + ${fast};`;
    const declared = quads
      ? each(4, (j) => `let at${reader}_${j} = at${reader} + ${j}u;\n${start(`${reader}_${j}`)}`)
      : start(reader);
    return `${unit}\n${place}\n${declared}`;
  };
  const fetch = (reader: string): string => {
    const target = `value${reader}`;
    const begin = `var ${target} = vec4f(0.0);`;
    if (byFours) {
      return `${begin}
if (${inside(reader, `slice + term${reader}`)}) {
let k = slice + term${reader};
${read(reader, 'k', target)}
}`;
    }
    return `${begin}
${each(4, (j) => {
  const [own, k] = quads ? [`${reader}_${j}`, `slice + term${reader}`] : [reader, `slice + term${reader} + ${j}u`];
  return `if (${inside(own, k)}) {
let k = ${k};
${read(own, 'k', `${target}.${lanes[j]}`)}
}`;
})}`;
  };
  const keep = (reader: string, n: number): string => {
    const statement = `slice${name}[to${reader}] = value${reader};`;
    return (n + 1) * size <= units ? statement : `if (unit${reader} < ${units}u) { ${statement} }`;
  };
  return {
    start: readers.map(declare).join('\n'),
    read: readers.map(fetch).join('\n'),
    store: readers.map(keep).join('\n'),
  };
}

/**
 * The steps of a product by tiles in workgroup memory.
 *
 * @param parts ranges of terms that are summed apart, and then together.
 */
export function productSteps(
  node: Node,
  product: Product,
  { tile, parts }: { tile: Tile; parts: number },
  options: KernelOptions,
): readonly Step[] {
  const result = parts === 1 ? node : workspace([parts, product.elements]);
  const sums = tileStep(node, result, product, tile, parts);
  if (parts === 1) return [sums];
  const extent = { outer: 1, reduced: parts, inner: product.elements };
  return [sums, ...reduction(node, result, node, extent, options)];
}

function tileStep(node: Node, result: Node, product: Product, tile: Tile, parts: number): Step {
  const { rows, columns, terms, phases, elements } = product;
  const { slice, size } = tile;
  const across = tile.columns / 4;
  const down = size / across;
  const heights = tile.rows / (4 * down);
  const [tilesAcross, tilesDown] = [Math.ceil(columns / tile.columns), Math.ceil(rows / tile.rows)];
  const share = slice * Math.ceil(terms / (slice * parts));
  const [blocksA, blocksB] = [blocksOf(tile.rows, slice), blocksOf(tile.columns, slice)];
  const body = (access: Access): string => {
    const { start, terms: expression, a, b, store } = product.code(access);
    const fetchers = [
      fetcher('A', a, { length: tile.rows, first: 'top', limit: rows, slice, size }),
      fetcher('B', b, { length: tile.columns, first: 'left', limit: columns, slice, size }),
    ];
    const both = (part: keyof Fetcher): string => fetchers.map((of) => of[part]).join('\n');
    // The element of a row of a block, and the four columns, at term `k` of four.
    const left = (h: number, r: number, k: number): string =>
      a.along === 'sum' ? `a${h}_${r}.${lanes[k]}` : `a${h}_${k}.${lanes[r]}`;
    const right = (k: number): string =>
      b.along === 'result' ? `b${k}` : `vec4f(${[0, 1, 2, 3].map((c) => `b${c}.${lanes[k]}`).join(', ')})`;
    return `let tileAt = group % ${tilesAcross * tilesDown}u;
let left = tileAt % ${tilesAcross}u * ${tile.columns}u;
let top = tileAt / ${tilesAcross}u * ${tile.rows}u;
let phase = group / ${tilesAcross * tilesDown}u % ${phases}u;
let part = group / ${tilesAcross * tilesDown * phases}u;
let across = lane % ${across}u;
let down = lane / ${across}u;
${start}
let end = min(${expression}, (part + 1u) * ${share}u);
${both('start')}
${each(4 * heights, (r) => `var sum${r} = vec4f(0.0);`)}
for (var slice = part * ${share}u; slice < end; slice += ${slice}u) {
${both('read')}
workgroupBarrier();
${both('store')}
workgroupBarrier();
for (var four = 0u; four < ${slice / 4}u; four++) {
let fromA = four * ${blocksA.block}u + down;
let fromB = four * ${blocksB.block}u + across;
${each(4, (j) => `let b${j} = sliceB[fromB + ${j * blocksB.vector}u];`)}
${each(heights, (h) => each(4, (j) => `let a${h}_${j} = sliceA[fromA + ${j * blocksA.vector + h * down}u];`))}
${each(4, (k) => `let right${k} = ${right(k)};\n${each(4 * heights, (r) => `sum${r} += ${left(Math.floor(r / 4), r % 4, k)} * right${k};`)}`)}
}
}
let column = left + across * 4u;
if (column < ${columns}u) {
${each(
  4 * heights,
  (r) => `{
let row = top + (down + ${Math.floor(r / 4) * down}u) * 4u + ${r % 4}u;
if (row < ${rows}u) {
${store(result, parts === 1 ? '0u' : `part * ${elements}u`, 'row', 'column', `sum${r}`)}
}
}`,
)}
}`;
  };
  return step(node, [result], {
    kind: 'groups',
    groups: tilesAcross * tilesDown * phases * parts,
    size,
    memory: `var<workgroup> sliceA : array<vec4f, ${blocksA.vectors}>;
var<workgroup> sliceB : array<vec4f, ${blocksB.vectors}>;`,
    body,
  });
}
