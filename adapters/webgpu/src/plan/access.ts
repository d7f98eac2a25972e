import { attributesOf, resolve } from '@selfcure/tensor';
import type { FullAttributes, Node } from '@selfcure/tensor';
import { literal } from './literal.ts';

/**
 * How the text of a kernel reads and writes values. Indices are WGSL expressions of type u32; those of `vector` and
 * `setVector` count groups of four elements. Constants come out as literals.
 */
export interface Access {
  /** An element: f32, or i32 where the value holds indices. */
  at(node: Node, index: string): string;
  /** Four elements. The value must begin at a multiple of four of the memory that holds it: see {@link isAligned}. */
  vector(node: Node, index: string): string;
  /** A statement that stores an element. */
  set(node: Node, index: string, value: string): string;
  /** A statement that stores four elements. */
  setVector(node: Node, index: string, value: string): string;
}

/** A value that a kernel touches. */
export interface Touched {
  /** The value that holds the memory: views are resolved. */
  readonly root: Node;
  /** Whether it is read or written by fours. */
  readonly vector: boolean;
  readonly written: boolean;
  /** Whether elements are written one by one. */
  readonly scalarWrites: boolean;
}

/** What distinguishes memory: the name of a state, whichever version a node stands for, or the node itself. */
export function keyOf(root: Node): Node | string {
  return root.op === 'state' ? String(root.attributes['name']) : root;
}

/** Whether a value can be read by fours from where it begins. */
export function isAligned(node: Node): boolean {
  return resolve({ node, bytes: 0 }).bytes % 16 === 0;
}

/**
 * An access whose memory is found by `find`: an array's name and the index in it.
 *
 * @param isHalf whether a value is stored as halves. `find` unpacks what is read of it, and names two words where four are written.
 */
export function accessBy(
  find: (root: Node, use: Use, index: string, offset: number) => string,
  isHalf: (root: Node) => boolean = () => false,
): Access {
  const place = (node: Node, use: Use, index: string): string => {
    const { node: root, bytes } = resolve({ node, bytes: 0 });
    return find(root, use, index, use.vector ? bytes / 16 : bytes / 4);
  };
  const constant = (node: Node, index: string): string | null => {
    const { node: root, bytes } = resolve({ node, bytes: 0 });
    if (root.op === 'full') return literal(attributesOf<FullAttributes>(root).value);
    return root.op === 'iota' ? `f32(${plus(index, bytes / 4)})` : null;
  };
  return {
    at: (node, index) => constant(node, index) ?? place(node, { vector: false, written: false }, index),
    vector: (node, index) => {
      const value = constant(node, `(4u * (${index}))`);
      if (value === null) return place(node, { vector: true, written: false }, index);
      return value.startsWith('f32(') ? `(vec4f(0.0, 1.0, 2.0, 3.0) + ${value})` : `vec4f(${value})`;
    },
    set: (node, index, value) => `${place(node, { vector: false, written: true }, index)} = ${value};`,
    setVector: (node, index, value) => {
      const packed = isHalf(resolve({ node, bytes: 0 }).node) ? `toHalves(${value})` : value;
      return `${place(node, { vector: true, written: true }, index)} = ${packed};`;
    },
  };
}

/** How an element is used. */
export interface Use {
  readonly vector: boolean;
  readonly written: boolean;
}

/** The sum of an index and a constant, as text. */
export function plus(index: string, offset: number): string {
  return offset === 0 ? index : `(${index}) + ${offset}u`;
}

/** What a kernel touches, found by writing its text once. */
export function touchedBy(body: (access: Access) => unknown): readonly Touched[] {
  const touched = new Map<Node | string, Touched>();
  body(
    accessBy((root, { vector, written }) => {
      const known = touched.get(keyOf(root));
      touched.set(keyOf(root), {
        root,
        vector: vector || known?.vector === true,
        written: written || known?.written === true,
        scalarWrites: (written && !vector) || known?.scalarWrites === true,
      });
      return '_';
    }),
  );
  return [...touched.values()];
}
