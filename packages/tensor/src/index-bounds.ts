import type { NamedArrays } from './backend.ts';
import { RunError } from './errors.ts';
import { resolve } from './fuse/place.ts';
import type { Graph, Node } from './graph.ts';
import { sizeOf } from './shape.ts';

/** Elements of an input that are numbers of rows. */
export interface IndexBound {
  /** The operation that looks rows up. */
  readonly node: Node;
  readonly input: string;
  readonly start: number;
  readonly count: number;
  /** How many rows there are. */
  readonly rows: number;
}

/**
 * What a graph demands of its indices. They come from inputs, so that the host can look at them before anything
 * runs.
 *
 * @example const bounds = indexBounds(graph); // once, then checkIndices(bounds, inputs) before each run
 */
export function indexBounds(graph: Graph): IndexBound[] {
  return graph.nodes.flatMap((node) => {
    if (node.op !== 'takeRows' && node.op !== 'scatterRows') return [];
    const [x, index] = node.inputs as [Node, Node];
    const rows = (node.op === 'takeRows' ? x : node).shape[0]!;
    const { node: root, bytes } = resolve({ node: index, bytes: 0 });
    return { node, input: String(root.attributes['name']), start: bytes / 4, count: sizeOf(index.shape), rows };
  });
}

/**
 * Looks at the indices of a run: kernels would read or write beyond their values.
 *
 * @throws RunError where an index names a row that does not exist.
 * @example checkIndices(indexBounds(graph), inputs);
 */
export function checkIndices(bounds: readonly IndexBound[], given: NamedArrays): void {
  for (const { node, input, start, count, rows } of bounds) {
    const index = given[input]!;
    for (let i = start; i < start + count; i++) {
      if (index[i]! >= 0 && index[i]! < rows) continue;
      throw new RunError(
        `${node.op} (layer '${node.layer || 'top'}'): input '${input}' names row ${index[i]} of ${rows}. ` +
          `Give numbers from 0 to ${rows - 1}`,
      );
    }
  }
}
