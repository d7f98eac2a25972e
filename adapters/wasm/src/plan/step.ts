import type { Node, Place } from '@selfcure/tensor';
import type { layouts } from '../binary/layouts.ts';

/** Name of a kernel: an export of `kernels/index.ts`. */
export type KernelName = keyof typeof layouts;

/**
 * A parameter word: a number, the address of a value (a node or a place in it), or the address of a table that is laid down
 * beside the parameters: of numbers, or of words such as addresses, where numbers are integers. 0 as an address means "none".
 */
export type Word = number | Node | Place | Int32Array | Float32Array | readonly Word[];

/** The parameter words of a kernel, by name. */
export type Words<K extends KernelName> = Readonly<Record<(typeof layouts)[K]['words'][number], Word>>;

/** One call of a kernel over all its tasks. The next step starts when every task is done. */
export interface Step {
  readonly kernel: KernelName;
  readonly words: Readonly<Record<string, Word>>;
  /** Independent pieces of work; they depend on shapes alone. */
  readonly tasks: number;
  /** Values that this step writes first; every other value among the words is read, or changed after it was written. */
  readonly writes: readonly Node[];
  /** Bytes of memory that a thread needs for itself. */
  readonly scratchBytes: number;
}

/**
 * A step of a kernel, its words checked against the layout by the compiler.
 *
 * @example step('copy', { from: x, to: node, bytes: 512, share: 512 }, { tasks: 1, writes: [node] })
 */
export function step<K extends KernelName>(
  kernel: K,
  words: Words<K>,
  { tasks, writes, scratchBytes = 0 }: { tasks: number; writes: readonly Node[]; scratchBytes?: number },
): Step {
  return { kernel, words, tasks, writes, scratchBytes };
}

/** Whether a word is a table of words. */
export const isTable = (word: Word): word is readonly Word[] => Array.isArray(word);

/** Whether a word is an address of a value. */
export function placeOf(word: Word): Place | null {
  if (typeof word === 'number' || ArrayBuffer.isView(word) || isTable(word)) return null;
  return 'node' in word ? word : { node: word, bytes: 0 };
}

/** Every value that a word names, by itself or in tables. */
export function nodesOf(word: Word): readonly Node[] {
  if (isTable(word)) return word.flatMap(nodesOf);
  const place = placeOf(word);
  return place ? [place.node] : [];
}
