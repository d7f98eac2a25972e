import { checkArray, RunError, sizeOf } from '@selfcure/tensor';
import type { NamedArrays, State, StateSpec } from '@selfcure/tensor';
import { aligned } from './heap/heap.ts';
import type { Heap } from './heap/heap.ts';

/** Named values in one piece of memory. */
export interface WasmState {
  readonly specs: readonly StateSpec[];
  readonly bytes: number;
  /** Address of the whole. */
  readonly start: number;
  /** Address of a value; throws RunError for an unknown name. */
  address(name: string): number;
  readonly state: State;
}

/**
 * Places values in the heap.
 *
 * @param hooks `adopt` makes the state of a copy known to the backend, `onDispose` is told once.
 */
export function createWasmState(
  heap: Heap,
  specs: readonly StateSpec[],
  hooks: { adopt(state: WasmState): State; onDispose(state: WasmState): void },
): WasmState {
  const offsets = new Map<string, { readonly offset: number; readonly spec: StateSpec }>();
  let bytes = 0;
  for (const spec of specs) {
    offsets.set(spec.name, { offset: bytes, spec });
    bytes += aligned(4 * sizeOf(spec.shape));
  }
  const base = heap.allocate(bytes);
  let disposed = false;

  const find = (name: string): { readonly offset: number; readonly spec: StateSpec } => {
    const found = offsets.get(name);
    if (!found || disposed)
      throw new RunError(
        `state '${name}' does not exist. Known: ${disposed ? 'none' : [...offsets.keys()].join(', ')}`,
      );
    return found;
  };
  const view = (name: string): Float32Array => {
    const { offset, spec } = find(name);
    return new Float32Array(heap.memory.buffer, base + offset, sizeOf(spec.shape));
  };

  const held: WasmState = {
    specs,
    bytes,
    start: base,
    address: (name) => base + find(name).offset,
    state: {
      specs,
      read: async (names = specs.map((spec) => spec.name)) =>
        Object.fromEntries(names.map((name) => [name, Float32Array.from(view(name))])),
      write: async (values: NamedArrays) => {
        for (const [name, array] of Object.entries(values)) checkArray('state', name, array, find(name).spec.shape);
        for (const [name, array] of Object.entries(values)) view(name).set(array);
      },
      clone: async () => {
        if (disposed) throw new RunError('the state was disposed of');
        const copy = createWasmState(heap, specs, hooks);
        new Uint8Array(heap.memory.buffer).copyWithin(copy.start, base, base + bytes);
        return hooks.adopt(copy);
      },
      dispose: () => {
        if (disposed) return;
        disposed = true;
        heap.free(base);
        hooks.onDispose(held);
      },
    },
  };
  return held;
}
