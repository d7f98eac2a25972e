import { attributesOf } from '@selfcure/tensor';
import type { PadRowsAttributes, RowsAttributes } from '@selfcure/tensor';
import type { KernelSet } from './kernels.ts';

/** Operations that move elements. */
export const shapeKernels: KernelSet = ({ call, scoped, has }) => ({
  reshape: (node, [x]) => call('Reshape', { x: x! }, { shape: [...node.shape] }),
  rows: (node, [x]) => {
    const { from } = attributesOf<RowsAttributes>(node);
    return call(
      'Slice',
      { x: x! },
      { begin: node.shape.map((_, axis) => (axis === 0 ? from : 0)), size: [...node.shape] },
    );
  },
  padRows: (node, [x]) => {
    const { from, rows } = attributesOf<PadRowsAttributes>(node);
    const paddings = x!.shape.map((length, axis) => (axis === 0 ? [from, rows - from - length] : [0, 0]));
    return call('PadV2', { x: x! }, { paddings, constantValue: 0 });
  },
  concatRows: (_, inputs) => call('Concat', inputs, { axis: 0 }),
  takeRows: (_, [x, indices]) => call('GatherV2', { x: x!, indices: indices! }, { axis: 0, batchDims: 0 }),
  scatterRows: (node, [x, index]) => {
    const rows = node.shape[0]!;
    if (has('UnsortedSegmentSum'))
      return call('UnsortedSegmentSum', { x: x!, segmentIds: index! }, { numSegments: rows });
    return scoped(() => {
      const indices = call('Reshape', { x: index! }, { shape: [index!.shape[0]!, 1] });
      return call('ScatterNd', { indices, updates: x! }, { shape: [...node.shape] });
    });
  },
  transpose: (node, [x]) => {
    const { permutation } = attributesOf<{ permutation: readonly number[] }>(node);
    return call('Transpose', { x: x! }, { perm: [...permutation] });
  },
  broadcastTo: (node, [x]) => {
    const added = node.shape.length - x!.shape.length;
    const aligned = [...new Array<number>(added).fill(1), ...x!.shape];
    return scoped(() =>
      call(
        'Tile',
        { x: call('Reshape', { x: x! }, { shape: aligned }) },
        { reps: node.shape.map((length, axis) => length / aligned[axis]!) },
      ),
    );
  },
});
