import type { KernelSet } from '@selfcure/tfjs';
import { heapView } from './heap-view.ts';
import { channelAffine } from './element-wise.ts';

/** Batch normalization in two passes over its input, with the rounding of its lowering (the mean is taken off first). */
export const normalizeKernels: KernelSet = (engine) => ({
  bnApply: (_, [x, statistics, scale, offset]) => {
    const channels = x!.shape.at(-1)!;
    const rows = heapView(engine, statistics!);
    const scales = heapView(engine, scale!);
    const shift = Float32Array.from({ length: channels }, (_, c) => -rows[c]!);
    const factor = Float32Array.from({ length: channels }, (_, c) => rows[2 * channels + c]! * scales[c]!);
    const bias = Float32Array.from(heapView(engine, offset!));
    return engine.scoped(() =>
      channelAffine(engine, channelAffine(engine, x!, { offset: shift }), { scale: factor, offset: bias }),
    );
  },
});
