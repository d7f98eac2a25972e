import { mapForReading, usage } from '../device/flags.ts';

/** Measures how long a device takes for a submission. */
export interface Stopwatch {
  /** Records commands, submits them, and gives milliseconds. The device has them before this returns its promise. */
  time(commands: (encoder: GPUCommandEncoder, timestamps?: GPUComputePassTimestampWrites) => void): Promise<number>;
  close(): void;
}

/** By timestamps of the device where it has them, else by the clock of the host. */
export function createStopwatch(device: GPUDevice): Stopwatch {
  if (!device.features.has('timestamp-query')) {
    return {
      time: async (commands) => {
        const encoder = device.createCommandEncoder();
        commands(encoder);
        const from = performance.now();
        device.queue.submit([encoder.finish()]);
        await device.queue.onSubmittedWorkDone();
        return performance.now() - from;
      },
      close: () => {},
    };
  }
  const bytes = 16;
  const querySet = device.createQuerySet({ type: 'timestamp', count: 2 });
  const resolved = device.createBuffer({ size: bytes, usage: usage.queryResolve | usage.copySource });
  const staging = device.createBuffer({ size: bytes, usage: usage.mapRead | usage.copyTarget });
  return {
    time: async (commands) => {
      const encoder = device.createCommandEncoder();
      commands(encoder, { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 });
      encoder.resolveQuerySet(querySet, 0, 2, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
      const from = performance.now();
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(mapForReading);
      const [begin, end] = new BigUint64Array(staging.getMappedRange().slice(0));
      staging.unmap();
      // Devices may round timestamps until nothing is left between them.
      return end! > begin! ? Number(end! - begin!) / 1e6 : performance.now() - from;
    },
    close: () => {
      querySet.destroy();
      resolved.destroy();
      staging.destroy();
    },
  };
}
