/** Which convolutions of a program run through Winograd's transforms. */
import { flopsOf } from '@selfcure/tensor';

/** A step in the listing of the WebAssembly adapter: kernel, tasks, what it writes as `layer/operation`. */
const stepLine = /^(\S+) x\d+ -> (.*)$/;

/**
 * Share of the floating-point operations of convolutions, gradients among them, that go through Winograd's transforms.
 * Operations are counted as those of direct convolutions.
 *
 * @param {{ nodes: readonly import('@selfcure/tensor').Node[], listing: string }} program of the WebAssembly adapter
 */
export function winogradShare({ nodes, listing }) {
  const transformed = transformedOperations(listing);
  const convolutions = nodes.filter(({ op }) => op.startsWith('conv2d'));
  return flopsOf(convolutions.filter(({ layer, op }) => transformed.has(`${layer}/${op}`))) / flopsOf(convolutions);
}

/** Convolutions by `layer/operation`. Steps that fill a workspace belong to the first step after them that writes a value. */
function transformedOperations(listing) {
  const found = new Set();
  let transforms = false;
  for (const line of listing.split('\n')) {
    const [, kernel, written] = stepLine.exec(line) ?? [];
    if (kernel === undefined) continue;
    transforms ||= kernel.startsWith('winograd');
    const values = written.split(', ').filter((value) => value !== '/workspace');
    if (values.length === 0) continue;
    if (transforms) for (const value of values) found.add(value);
    transforms = false;
  }
  return found;
}
