import { rootOf, sizeOf } from '@selfcure/tensor';
import type { Node } from '@selfcure/tensor';
import { accessBy, keyOf, plus } from './access.ts';
import type { Access } from './access.ts';
import type { Halves } from './halves.ts';
import { helpersOf } from './helpers.ts';
import type { Stage } from './merge.ts';
import { alignment } from './place.ts';
import type { Place, Placing } from './place.ts';
import type { GroupKernel, Step, TableKernel, ThreadKernel } from './step.ts';

/** Workgroups along x: the most that every device takes. */
const maxAlong = 65535;
/** Invocations of a workgroup of independent ones; fewer where there are few, so that every core gets some. */
const groupSize = 64;
const smallGroup = { size: 32, below: 4096 };
/** Elements of a row of a table that one workgroup updates. */
export const tableElements = 1024;
/** Words of a row of a table: elements, number, buffer and place of the value, places of three states, padding. */
export const rowWords = 8;

/** Binds the memory of one value. */
export interface RangeBinding {
  readonly kind: 'range';
  readonly place: Place;
}

/** Binds one of the buffers from the first to the last of the values that the work names. */
export interface WindowBinding {
  readonly kind: 'window';
  readonly buffer: Place['buffer'];
}

/** Binds words that are filled in when a program meets a state: where values lie in their windows, and the rows of a table. */
export interface WordsBinding {
  readonly kind: 'words';
}

export type Binding = RangeBinding | WindowBinding | WordsBinding;

/** A kernel as WGSL. */
export interface Source {
  readonly text: string;
  readonly bindings: readonly Binding[];
  /** Workgroups along x and y; one for every {@link tableElements} elements of a row where there is a table. */
  readonly groups: readonly [number, number];
  /** Places that the first words name, in their order. */
  readonly header: readonly Place[];
  /** Windows that the text counts on. */
  readonly fixed: Windows;
  readonly table: TableKernel | null;
}

/** Workgroups in two dimensions: a kernel takes `x + y * 65535` for its number. */
export function grid(count: number): readonly [number, number] {
  return count <= maxAlong ? [count, 1] : [maxAlong, Math.ceil(count / maxAlong)];
}

/** The source of a step on its own: every value is a binding of its own, so that equal layers share a pipeline. */
export function stepSource(step: Step, placing: Placing, halves: Halves = new Map()): Source {
  if (step.kernel.kind === 'table') return tableSource(step.kernel, placing);
  const names = new Map(step.touched.map((touched, k) => [keyOf(touched.root), { ...touched, name: `b${k}` }]));
  const isHalf = (root: Node): boolean => halves.has(root);
  const access = accessBy((root, use, index, offset) => {
    const { name, vector } = names.get(keyOf(root))!;
    if (use.vector) {
      const place = `${name}[${plus(index, offset)}]`;
      return isHalf(root) && !use.written ? `fromHalves(${place})` : place;
    }
    const position = `(${plus(index, offset)})`;
    if (isHalf(root)) {
      const word = vector ? `${name}[${position} / 4u][${position} / 2u % 2u]` : `${name}[${position} / 2u]`;
      return `unpack2x16float(${word})[${position} % 2u]`;
    }
    return vector ? `${name}[${position} / 4u][${position} % 4u]` : `${name}[${plus(index, offset)}]`;
  }, isHalf);
  const declarations = [...names.values()].map(({ root, vector, name }, k) => {
    const elements = sizeOf(root.shape);
    const [type, width] = isHalf(root) ? (vector ? ['vec2u', 4] : ['u32', 2]) : vector ? ['vec4f', 4] : [root.dtype, 1];
    return declare(k, name, `array<${type}, ${Math.ceil(elements / width)}>`);
  });
  const { kernel } = step;
  return {
    ...(kernel.kind === 'threads'
      ? threadSource(kernel, declarations, access)
      : groupSource(kernel, declarations, access)),
    bindings: step.touched.map(({ root }) => ({ kind: 'range', place: placing(root) })),
    header: [],
    fixed: {},
    table: null,
  };
}

const declare = (binding: number, name: string, type: string): string =>
  `@group(0) @binding(${binding}) var<storage, read_write> ${name} : ${type};`;

const assemble = (declarations: readonly string[], main: string): string =>
  `${declarations.join('\n')}\n${helpersOf(main)}${main}`;

function threadSource(
  kernel: ThreadKernel,
  declarations: readonly string[],
  access: Access,
): Pick<Source, 'text' | 'groups'> {
  const size = kernel.threads < smallGroup.below ? smallGroup.size : groupSize;
  const groups = grid(Math.ceil(kernel.threads / size));
  const text = assemble(
    declarations,
    `@compute @workgroup_size(${size})
fn main(@builtin(global_invocation_id) position : vec3u) {
let i = position.x + position.y * ${groups[0] * size}u;
if (i >= ${kernel.threads}u) { return; }
${kernel.body(access)}
}`,
  );
  return { text, groups };
}

function groupSource(
  kernel: GroupKernel,
  declarations: readonly string[],
  access: Access,
): Pick<Source, 'text' | 'groups'> {
  const groups = grid(kernel.groups);
  const text = assemble(
    [...declarations, kernel.memory],
    `@compute @workgroup_size(${kernel.size})
fn main(@builtin(workgroup_id) position : vec3u, @builtin(local_invocation_index) lane : u32) {
let group = position.x + position.y * ${groups[0]}u;
if (group >= ${kernel.groups}u) { return; }
${kernel.body(access)}
}`,
  );
  return { text, groups };
}

const arrayOf: Readonly<Record<Place['buffer'], string>> = { arena: 'M', inputs: 'I', state: 'S' };

/** The part of a buffer that a dispatch binds, in bytes. */
export interface Window {
  readonly from: number;
  readonly bytes: number;
}

/** Windows by buffer. */
export type Windows = Readonly<Partial<Record<Place['buffer'], Window>>>;

/** Windows that hold some places, and those that are given. They begin where a binding may. */
export function windowsOf(places: readonly Place[], given: Windows = {}): Windows {
  const windows: { -readonly [buffer in Place['buffer']]?: Window } = { ...given };
  for (const { buffer, from, bytes } of places) {
    const known = windows[buffer];
    const start = Math.min(known?.from ?? Infinity, alignment * Math.floor(from / alignment));
    const end = Math.max(known ? known.from + known.bytes : 0, from + bytes);
    windows[buffer] = { from: start, bytes: end - start };
  }
  return windows;
}

/** An access by windows: places in those of `fixed` are numbers in the text, all others are words. */
function windowAccess(placing: Placing, fixed: Windows): { access: Access; header: readonly Place[] } {
  const header: Place[] = [];
  const slots = new Map<Node | string, number>();
  const access = accessBy((root, _, index, offset) => {
    const place = placing(root);
    const array = arrayOf[place.buffer];
    const window = fixed[place.buffer];
    if (window) return `${array}[${plus(index, (place.from - window.from) / 4 + offset)}]`;
    const key = keyOf(root);
    if (!slots.has(key)) slots.set(key, header.push(place) - 1);
    return `${array}[W[${slots.get(key)!}] + ${plus(index, offset)}]`;
  });
  return { access, header };
}

/** Declarations of the windows and words that a text names, and their bindings. */
function declareWindows(text: string, fixed: Windows): { declarations: string[]; bindings: Binding[] } {
  const used = (Object.keys(arrayOf) as Place['buffer'][]).filter((buffer) => text.includes(`${arrayOf[buffer]}[`));
  const declarations = used.map((buffer, k) => {
    const window = fixed[buffer];
    return declare(k, arrayOf[buffer], window ? `array<f32, ${window.bytes / 4}>` : 'array<f32>');
  });
  const bindings = used.map((buffer): Binding => ({ kind: 'window', buffer }));
  if (!text.includes('W[')) return { declarations, bindings };
  return {
    declarations: [...declarations, declare(used.length, 'W', 'array<u32>')],
    bindings: [...bindings, { kind: 'words' }],
  };
}

/** The source of a stage: one workgroup. Only states, which lie elsewhere in every state, are found by words. */
export function stageSource({ steps, barriers }: Stage, placing: Placing): Source {
  const places = steps.flatMap(({ touched }) => touched.map(({ root }) => placing(root)));
  const fixed = windowsOf(places.filter(({ buffer }) => buffer !== 'state'));
  const { access, header } = windowAccess(placing, fixed);
  const body = steps
    .map(({ kernel }, k) => {
      // Most steps have an invocation for each of their elements: a loop would cost compilers of shaders much.
      const head =
        kernel.threads <= groupSize
          ? `if (lane < ${kernel.threads}u) {\nlet i = lane;`
          : `for (var i = lane; i < ${kernel.threads}u; i += ${groupSize}u) {`;
      return `${barriers[k] ? 'storageBarrier();\n' : ''}${head}\n${kernel.body(access)}\n}`;
    })
    .join('\n');
  const { declarations, bindings } = declareWindows(body, fixed);
  const text = assemble(
    declarations,
    `@compute @workgroup_size(${groupSize})
fn main(@builtin(local_invocation_index) lane : u32) {
${body}
}`,
  );
  return { text, bindings, groups: [1, 1], header, fixed, table: null };
}

/** The source of a table: a workgroup takes a row. Everything is found by words: a long table runs in several windows. */
function tableSource(table: TableKernel, placing: Placing): Source {
  const { access, header } = windowAccess(placing, {});
  const body = table.body(access);
  const sources = [...new Set(table.rows.map(({ value }) => placing(rootOf(value)).buffer))];
  const read = sources
    .sort()
    .map((buffer) => `case ${bufferNumbers[buffer]}u: { value = ${arrayOf[buffer]}[origin + j]; }`);
  const states = Array.from({ length: table.states }, (_, k) => `let state${k} = W[row + ${4 + k}u] + j;\n`).join('');
  const main = `let row = ${header.length}u + ${rowWords}u * (position.x + position.y * ${maxAlong}u);
if (row + ${rowWords - 1}u >= arrayLength(&W)) { return; }
let count = W[row];
let number = bitcast<f32>(W[row + 1u]);
let source = W[row + 2u];
let origin = W[row + 3u];
for (var j = lane; j < count; j += ${groupSize}u) {
var value = 0.0;
switch (source) { ${read.join(' ')} default: {} }
${states}${body}
}`;
  const { declarations, bindings } = declareWindows(main, {});
  const text = assemble(
    declarations,
    `@compute @workgroup_size(${groupSize})
fn main(@builtin(workgroup_id) position : vec3u, @builtin(local_invocation_index) lane : u32) {
${main}
}`,
  );
  return { text, bindings, groups: [1, 1], header, fixed: {}, table };
}

/** Numbers of the buffers in the rows of tables. */
export const bufferNumbers: Readonly<Record<Place['buffer'], number>> = { arena: 0, inputs: 1, state: 2 };
