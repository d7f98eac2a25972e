import { usage } from '../device/flags.ts';
import type { Watch } from '../device/watch.ts';
import { aligned, alignment } from '../plan/place.ts';

/** The buffer of the values of steps. All programs share it: the device runs one step after the other. */
export interface Arena {
  readonly bytes: number;
  /** Another one after the arena has grown. */
  readonly buffer: GPUBuffer | null;
  /** Makes it at least so large. */
  reserve(bytes: number): Promise<void>;
  close(): void;
}

/** A buffer that kernels read and write. */
export function storageBuffer(device: GPUDevice, label: string, bytes: number): GPUBuffer {
  return device.createBuffer({
    label,
    size: Math.max(alignment, aligned(bytes)),
    usage: usage.storage | usage.copySource | usage.copyTarget,
  });
}

/** An arena without memory. */
export function createArena(watch: Watch): Arena {
  let buffer: GPUBuffer | null = null;
  return {
    get bytes() {
      return buffer?.size ?? 0;
    },
    get buffer() {
      return buffer;
    },
    reserve: async (bytes) => {
      if (buffer && buffer.size >= bytes) return;
      const deed = { what: 'the values of a step', harmless: true };
      const { value, accepted } = watch.issue(deed, () => storageBuffer(watch.device, 'arena', bytes));
      await accepted;
      // Meanwhile another graph may have asked for more. What was submitted keeps its memory until it is done.
      const [kept, dropped] = buffer && buffer.size >= bytes ? [buffer, value] : [value, buffer];
      dropped?.destroy();
      buffer = kept;
    },
    close: () => {
      buffer?.destroy();
      buffer = null;
    },
  };
}
