/** Times of compute passes, by timestamp queries. */
import { BenchError } from '../../error.mjs';

/** Of one set: the most that WebGPU allows. */
const maxQueries = 4096;

/** @param {GPUDevice} device with the feature `timestamp-query` */
export function createStopwatch(device) {
  const querySet = device.createQuerySet({ type: 'timestamp', count: maxQueries });
  let used = 0;
  return {
    /** For a compute pass. */
    next: () => {
      if (used + 2 > maxQueries)
        throw new BenchError(`more than ${maxQueries / 2} compute passes: measure fewer steps at a time`);
      used += 2;
      return { querySet, beginningOfPassWriteIndex: used - 2, endOfPassWriteIndex: used - 1 };
    },
    /**
     * Ends it, when all passes have been submitted.
     *
     * @returns {Promise<number[]>} milliseconds of every pass
     */
    read: async () => {
      const bytes = 8 * Math.max(2, used);
      const resolved = device.createBuffer({
        size: bytes,
        usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
      });
      const staging = device.createBuffer({ size: bytes, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
      const encoder = device.createCommandEncoder();
      encoder.resolveQuerySet(querySet, 0, Math.max(2, used), resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      const nanoseconds = new BigUint64Array(staging.getMappedRange());
      const times = Array.from(
        { length: used / 2 },
        (_, i) => Number(nanoseconds[2 * i + 1] - nanoseconds[2 * i]) / 1e6,
      );
      for (const held of [resolved, staging, querySet]) held.destroy();
      return times;
    },
  };
}
