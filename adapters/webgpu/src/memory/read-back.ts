import { mapForReading, usage } from '../device/flags.ts';
import type { Deed, Watch } from '../device/watch.ts';

/** A range of a buffer that is copied to the host. */
export interface Range {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
}

/** Buffers that the host can map, all of one size; one for every read that is under way. */
export interface ReadBack {
  /** Bytes held. */
  readonly bytes: number;
  /**
   * Records commands, then copies of the ranges that they return, submits all of it and reads the copies: one submission, one map.
   * The device has it before this returns its promise.
   */
  read(deed: Deed, commands: (encoder: GPUCommandEncoder) => readonly Range[]): Promise<ArrayBuffer>;
  close(): void;
}

/** @param size bytes of all ranges of a read together. */
export function createReadBack(watch: Watch, size: number): ReadBack {
  const { device } = watch;
  const free: GPUBuffer[] = [];
  let made = 0;
  let closed = false;
  const create = (): GPUBuffer => {
    made++;
    return device.createBuffer({ label: 'results', size: Math.max(4, size), usage: usage.mapRead | usage.copyTarget });
  };
  return {
    get bytes() {
      return made * size;
    },
    read: async (deed, commands) => {
      const { value, accepted } = watch.issue(deed, () => {
        const staging = free.pop() ?? create();
        const encoder = device.createCommandEncoder({ label: deed.what });
        let at = 0;
        for (const { buffer, offset, bytes } of commands(encoder)) {
          if (bytes > 0) encoder.copyBufferToBuffer(buffer, offset, staging, at, bytes);
          at += bytes;
        }
        device.queue.submit([encoder.finish()]);
        return { staging, mapping: staging.mapAsync(mapForReading) };
      });
      const { staging, mapping } = value;
      try {
        // Both are waited for: a submission that the device refused leaves zeros that can be mapped.
        const [mapped, taken] = await Promise.allSettled([mapping, accepted]);
        if (taken.status === 'rejected') throw taken.reason;
        if (mapped.status === 'rejected') throw await watch.explain(deed, mapped.reason);
        watch.check();
        return staging.getMappedRange().slice(0);
      } finally {
        if (staging.mapState === 'mapped') staging.unmap();
        if (closed) staging.destroy();
        else free.push(staging);
      }
    },
    close: () => {
      closed = true;
      for (const staging of free.splice(0)) staging.destroy();
      made = 0;
    },
  };
}
