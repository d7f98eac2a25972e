import { checkArray, RunError, sizeOf } from '@selfcure/tensor';
import type { NamedArrays, NumericArray, State, StateSpec } from '@selfcure/tensor';
import type { Watch } from './device/watch.ts';
import { storageBuffer } from './memory/arena.ts';
import { createReadBack } from './memory/read-back.ts';
import { aligned } from './plan/place.ts';

/** Named values in one buffer. */
export interface GpuState {
  readonly state: State;
  readonly specs: readonly StateSpec[];
  readonly buffer: GPUBuffer;
  readonly bytes: number;
  /** Bytes from the start of the buffer to a value; throws RunError for an unknown name. */
  offset(name: string): number;
  /** Calls back when the state is disposed of. */
  onDispose(listener: () => void): void;
}

/** What a state tells its backend. */
export interface StateHooks {
  /** Makes the state of a copy known. */
  adopt(held: GpuState): State;
  onDispose(held: GpuState): void;
}

/** Bytes of a state. */
export function stateBytes(specs: readonly StateSpec[]): number {
  return specs.reduce((sum, { shape }) => sum + aligned(4 * sizeOf(shape)), 0);
}

/** As the device takes it: values in float32. */
const single = (array: NumericArray): Float32Array<ArrayBuffer> => Float32Array.from(array);

/** A slot lies beside its parameter, so that the windows of an optimizer are short. */
const ownerOf = (name: string): string => name.split(':')[0]!;
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Makes a state; its values are zero. `accepted` says when the device has its memory. */
export function createGpuState(
  watch: Watch,
  specs: readonly StateSpec[],
  hooks: StateHooks,
): { readonly held: GpuState; readonly accepted: Promise<void> } {
  const { device } = watch;
  const places = new Map<string, { readonly offset: number; readonly spec: StateSpec }>();
  let bytes = 0;
  for (const spec of [...specs].sort((a, b) => compare(ownerOf(a.name), ownerOf(b.name)))) {
    places.set(spec.name, { offset: bytes, spec });
    bytes += aligned(4 * sizeOf(spec.shape));
  }
  const { value: buffer, accepted } = watch.issue({ what: 'a state', harmless: true }, () =>
    storageBuffer(device, 'state', bytes),
  );
  const listeners: (() => void)[] = [];
  let disposed = false;

  const find = (name: string): { readonly offset: number; readonly spec: StateSpec } => {
    const found = places.get(name);
    if (!found || disposed)
      throw new RunError(
        `state '${name}' does not exist. Known: ${disposed ? 'none' : specs.map((spec) => spec.name).join(', ')}`,
      );
    return found;
  };

  const held: GpuState = {
    specs,
    buffer,
    bytes: buffer.size,
    offset: (name) => find(name).offset,
    onDispose: (listener) => void listeners.push(listener),
    state: {
      specs,
      read: async (names = specs.map(({ name }) => name)) => {
        const ranges = names.map((name) => {
          const { offset, spec } = find(name);
          return { name, buffer, offset, bytes: 4 * sizeOf(spec.shape) };
        });
        const readBack = createReadBack(
          watch,
          ranges.reduce((sum, range) => sum + range.bytes, 0),
        );
        try {
          const values = await readBack.read({ what: 'reading a state' }, () => ranges);
          let at = 0;
          return Object.fromEntries(
            ranges.map(({ name, bytes: length }) => {
              at += length;
              return [name, new Float32Array(values.slice(at - length, at))];
            }),
          );
        } finally {
          readBack.close();
        }
      },
      write: async (values: NamedArrays) => {
        for (const [name, array] of Object.entries(values)) checkArray('state', name, array, find(name).spec.shape);
        const written = watch.issue({ what: 'writing a state' }, () => {
          for (const [name, array] of Object.entries(values))
            device.queue.writeBuffer(buffer, find(name).offset, single(array));
        });
        await written.accepted;
      },
      clone: async () => {
        if (disposed) throw new RunError('the state was disposed of');
        const copy = createGpuState(watch, specs, hooks);
        const copied = watch.issue({ what: 'copying a state' }, () => {
          const encoder = device.createCommandEncoder({ label: 'copy of a state' });
          encoder.copyBufferToBuffer(buffer, 0, copy.held.buffer, 0, buffer.size);
          device.queue.submit([encoder.finish()]);
        });
        await Promise.all([copy.accepted, copied.accepted]);
        return hooks.adopt(copy.held);
      },
      dispose: () => {
        if (disposed) return;
        disposed = true;
        buffer.destroy();
        for (const listener of listeners) listener();
        hooks.onDispose(held);
      },
    },
  };
  return { held, accepted };
}
