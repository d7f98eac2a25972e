import { rootOf } from '@selfcure/tensor';
import type { Node } from '@selfcure/tensor';
import type { Step } from './step.ts';

/**
 * Values that are stored as halves (IEEE binary16, two in a word of memory), each with a stand-in of half its shape for the plan of memory.
 * All arithmetic stays in float32: halves are unpacked where they are read.
 */
export type Halves = ReadonlyMap<Node, Node>;

const isBackward = ({ layer }: Node): boolean => layer === 'gradient' || layer.startsWith('gradient/');

/**
 * The values of the forward pass that wait for the backward pass: most of a step's memory. Gradients are left alone, which would
 * vanish below 6e-8; so are values that are written one by one, since two of them share a word, results, and what tables read by words.
 */
export function halvesOf(steps: readonly Step[], outputs: readonly Node[]): Halves {
  const written = new Set<Node>();
  const kept = new Set<Node>();
  const excluded = new Set<Node>(outputs);
  for (const { node, kernel, touched, writes } of steps) {
    for (const root of writes) if (!isBackward(node)) written.add(root);
    if (kernel.kind === 'table') for (const { value } of kernel.rows) excluded.add(rootOf(value));
    for (const { root, scalarWrites } of touched) {
      if (scalarWrites || kernel.kind === 'table') excluded.add(root);
      if (isBackward(node)) kept.add(root);
    }
  }
  const halves = new Map<Node, Node>();
  for (const root of written) {
    const last = root.shape.at(-1) ?? 1;
    if (excluded.has(root) || !kept.has(root) || root.op === 'workspace' || last % 4 !== 0) continue;
    // The gradient of a maximum looks for it in the image: both are rounded, or neither.
    if (root.op === 'maxPool' && !halves.has(rootOf(root.inputs[0]!))) continue;
    halves.set(root, { ...root, shape: [...root.shape.slice(0, -1), last / 2] });
  }
  return halves;
}
