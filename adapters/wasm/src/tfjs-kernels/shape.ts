import { attributesOf, sizeOf } from '@selfcure/tensor';
import type { RowsAttributes } from '@selfcure/tensor';
import type { KernelSet } from '@selfcure/tfjs';
import { WasmError } from '../errors.ts';
import { heapView } from './heap-view.ts';

/** Operations that move elements, where tfjs's kernel copies more than it must, is slow, or trusts an index. */
export const shapeKernels: KernelSet = (engine) => ({
  rows: (node, [x]) => {
    const { from } = attributesOf<RowsAttributes>(node);
    const start = (from * sizeOf(node.shape)) / node.shape[0]!;
    const y = engine.allocate(node.shape, node.dtype);
    heapView(engine, y).set(heapView(engine, x!).subarray(start, start + sizeOf(node.shape)));
    return y;
  },
  // `Tile` takes 500 times as long.
  broadcastTo: (node, [x]) => {
    const added = node.shape.length - x!.shape.length;
    const missing = node.shape.map((length, axis) => (axis < added || x!.shape[axis - added] !== length ? length : 1));
    return engine.scoped(() =>
      engine.call('Multiply', { a: x!, b: engine.upload(new Float32Array(sizeOf(missing)).fill(1), missing, 'f32') }),
    );
  },
  scatterRows: (node, [x, index]) => {
    const rows = node.shape[0]!;
    // tfjs's kernel writes wherever the index points to.
    const outside = heapView(engine, index!).find((row) => row < 0 || row >= rows);
    if (outside !== undefined) {
      throw new WasmError(
        `scatterRows (layer '${node.layer || 'top'}'): the index names row ${outside} of ${rows}. Give indices from 0 to ${rows - 1}`,
      );
    }
    return engine.scoped(() => {
      const indices = engine.call('Reshape', { x: index! }, { shape: [index!.shape[0]!, 1] });
      return engine.call('ScatterNd', { indices, updates: x! }, { shape: [...node.shape] });
    });
  },
});
