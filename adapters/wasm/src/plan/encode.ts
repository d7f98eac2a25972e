import { attributesOf, resolve, sizeOf } from '@selfcure/tensor';
import type { FullAttributes, MemoryPlan, Node } from '@selfcure/tensor';
import { layouts } from '../binary/layouts.ts';
import { isTable, placeOf } from './step.ts';
import type { Step, Word } from './step.ts';

const layoutOf = layouts as Readonly<
  Record<string, { readonly words: readonly string[]; readonly floats: readonly string[] }>
>;
const kernelNames = Object.keys(layouts);

/** Words of a program with addresses that are known only when it is bound to an arena and a state. */
export interface Image {
  /** Three words a step (kernel, parameters, tasks), then the parameters of every step, then tables and constants. */
  readonly words: Int32Array;
  /** Where addresses stand: word, base, bytes from the base. */
  readonly relocations: readonly Relocation[];
  /** Names of the states whose addresses are the bases from {@link firstState} on. */
  readonly states: readonly string[];
}

/** `words[word]` is the address of base `base` plus `bytes`. */
export interface Relocation {
  readonly word: number;
  readonly base: number;
  readonly bytes: number;
}

/** Bases: the arena, the image itself, then the states. */
export const arenaBase = 0;
export const imageBase = 1;
export const firstState = 2;

/** Lays a program out as words. */
export function encode(steps: readonly Step[], memory: MemoryPlan): Image {
  const layoutWords = steps.map(({ kernel }) => layoutOf[kernel]!);
  let end = 3 * steps.length;
  const starts = layoutWords.map(({ words }) => {
    const start = end;
    end += words.length;
    return start;
  });
  const relocations: Relocation[] = [];
  const states = new Map<string, number>();
  const tables: { at: number; values: Int32Array }[] = [];
  const constants = new Map<Node, number>();
  const words: number[] = Array.from({ length: end }, () => 0);
  const bits = new DataView(new ArrayBuffer(4));

  const table = (values: Int32Array | Float32Array): number => {
    // 16 bytes: kernels may load vectors from it.
    const at = Math.ceil(end / 4) * 4;
    tables.push({ at, values: new Int32Array(values.buffer, values.byteOffset, values.length) });
    end = at + values.length;
    return at;
  };
  const locate = (word: number, node: Node, offset: number): Relocation => {
    const { node: root, bytes } = resolve({ node, bytes: offset });
    if (root.op === 'state') {
      const name = String(root.attributes['name']);
      if (!states.has(name)) states.set(name, firstState + states.size);
      return { word, base: states.get(name)!, bytes };
    }
    if (root.op === 'full' || root.op === 'iota') {
      if (!constants.has(root)) constants.set(root, table(constantOf(root)));
      return { word, base: imageBase, bytes: 4 * constants.get(root)! + bytes };
    }
    const at = memory.offset.get(root);
    if (at === undefined) throw new Error(`'${root.op}' of layer '${root.layer}' is read before it is computed`);
    return { word, base: arenaBase, bytes: at + bytes };
  };

  /** Puts a word down as element `at` of `target`, which begins at word `origin` of the image. */
  const put = (target: number[] | Int32Array, origin: number, at: number, value: Word, float: boolean): void => {
    const place = placeOf(value);
    if (place) relocations.push(locate(origin + at, place.node, place.bytes));
    else if (isTable(value)) {
      const values = new Int32Array(value.length);
      const start = table(values);
      relocations.push({ word: origin + at, base: imageBase, bytes: 4 * start });
      value.forEach((entry, i) => put(values, start, i, entry, false));
    } else if (ArrayBuffer.isView(value)) {
      relocations.push({ word: origin + at, base: imageBase, bytes: 4 * table(value) });
    } else if (float) {
      bits.setFloat32(0, value as number, true);
      target[at] = bits.getInt32(0, true);
    } else target[at] = value as number;
  };

  steps.forEach((step, i) => {
    const layout = layoutWords[i]!;
    words[3 * i] = kernelNames.indexOf(step.kernel);
    words[3 * i + 2] = step.tasks;
    relocations.push({ word: 3 * i + 1, base: imageBase, bytes: 4 * starts[i]! });
    layout.words.forEach((name, j) => {
      const value = step.words[name];
      if (value === undefined) throw new Error(`kernel '${step.kernel}' misses '${name}'`);
      put(words, 0, starts[i]! + j, value, layout.floats.includes(name));
    });
  });

  const image = new Int32Array(end);
  image.set(words);
  for (const { at, values } of tables) image.set(values, at);
  return { words: image, relocations, states: [...states.keys()] };
}

function constantOf(node: Node): Float32Array {
  if (node.op === 'iota') return Float32Array.from({ length: sizeOf(node.shape) }, (_, i) => i);
  return new Float32Array(sizeOf(node.shape)).fill(attributesOf<FullAttributes>(node).value);
}
