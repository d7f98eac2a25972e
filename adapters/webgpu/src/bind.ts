import { labelOf } from './device/pipelines.ts';
import type { Pipelines } from './device/pipelines.ts';
import { WebGpuMemoryError } from './errors.ts';
import { storageBuffer } from './memory/arena.ts';
import { aligned } from './plan/place.ts';
import type { Place, Placing } from './plan/place.ts';
import { grid } from './plan/source.ts';
import type { Source } from './plan/source.ts';
import { wordsOf } from './plan/words.ts';
import type { Worded } from './plan/words.ts';
import type { GpuState } from './state.ts';

/** A kernel of a program: its source, its pipeline, and what it is for. */
export interface Ready {
  readonly source: Source;
  readonly pipeline: GPUComputePipeline;
  readonly operation: string;
  readonly layer: string;
}

/** A kernel with its memory. */
export interface Dispatch {
  readonly ready: Ready;
  readonly group: GPUBindGroup;
  readonly x: number;
  readonly y: number;
}

/** The words of a program's kernels for one state: where it keeps its values. */
export interface Words {
  readonly buffer: GPUBuffer;
  /** By kernel; none for kernels that bind every value by itself. */
  readonly kernels: readonly (readonly (Worded & { readonly offset: number })[])[];
}

/** Bytes from the start of its buffer to a place. */
const atOf =
  (state: GpuState) =>
  (place: Place): number =>
    place.buffer === 'state' ? state.offset(place.name) + place.from : place.from;

/** Values of a stage or of a row may lie too far apart in a large state. */
function checkWindows(kernel: Ready, { windows }: Worded, maxBindingBytes: number): void {
  const longest = Math.max(...Object.values(windows).map(({ bytes }) => bytes));
  if (longest <= maxBindingBytes) return;
  throw new WebGpuMemoryError(
    `${labelOf(kernel)} binds ${longest} bytes of the state in one piece, the device takes ${maxBindingBytes}. Use a narrower model`,
  );
}

/**
 * Lays the words out for a state and uploads them.
 *
 * @throws WebGpuMemoryError where a window is longer than the device binds.
 */
export function layWords(
  device: GPUDevice,
  kernels: readonly Ready[],
  { state, placing, maxBindingBytes }: { state: GpuState; placing: Placing; maxBindingBytes: number },
): Words {
  let bytes = 0;
  const laid = kernels.map((kernel) => {
    const { source } = kernel;
    if (source.bindings.every(({ kind }) => kind === 'range')) return [];
    return wordsOf(source, placing, atOf(state), maxBindingBytes).map((worded) => {
      checkWindows(kernel, worded, maxBindingBytes);
      const offset = bytes;
      bytes += aligned(worded.words.byteLength);
      return { ...worded, offset };
    });
  });
  const image = new Uint8Array(bytes);
  for (const { words, offset } of laid.flat()) image.set(new Uint8Array(words.buffer), offset);
  const buffer = storageBuffer(device, 'words', bytes);
  device.queue.writeBuffer(buffer, 0, image);
  return { buffer, kernels: laid };
}

/** Binds kernels to buffers. */
export function bindKernels(
  device: GPUDevice,
  pipelines: Pipelines,
  kernels: readonly Ready[],
  {
    state,
    words,
    buffers,
  }: { state: GpuState; words: Words; buffers: Readonly<Record<'arena' | 'inputs', GPUBuffer>> },
): Dispatch[] {
  const at = atOf(state);
  const bufferOf = (name: Place['buffer']): GPUBuffer => (name === 'state' ? state.buffer : buffers[name]);
  return kernels.flatMap((ready, k) => {
    const { source } = ready;
    const variants: readonly (Words['kernels'][number][number] | null)[] = words.kernels[k]!.length
      ? words.kernels[k]!
      : [null];
    return variants.map((worded): Dispatch => {
      const [x, y] = worded?.rows ? grid(worded.rows) : source.groups;
      const entries = source.bindings.map((binding, index): GPUBindGroupEntry => {
        if (binding.kind === 'range') {
          return rangeEntry(index, bufferOf(binding.place.buffer), at(binding.place), binding.place.bytes);
        }
        if (binding.kind === 'words') {
          const { offset, words: own } = worded!;
          return { binding: index, resource: { buffer: words.buffer, offset, size: own.byteLength } };
        }
        const { from, bytes } = worded!.windows[binding.buffer]!;
        return { binding: index, resource: { buffer: bufferOf(binding.buffer), offset: from, size: bytes } };
      });
      const layout = pipelines.layout(source.bindings.length);
      return { ready, x, y, group: device.createBindGroup({ label: labelOf(ready), layout, entries }) };
    });
  });
}

/** Binds a value: whole groups of four, since values lie 256 bytes apart. */
export function rangeEntry(binding: number, buffer: GPUBuffer, offset: number, bytes: number): GPUBindGroupEntry {
  return { binding, resource: { buffer, offset, size: 16 * Math.ceil(bytes / 16) } };
}

/** Records kernels one after the other. */
export function record(
  encoder: GPUCommandEncoder,
  dispatches: readonly Dispatch[],
  timestamps?: GPUComputePassTimestampWrites,
): void {
  if (dispatches.length === 0) return;
  const pass = encoder.beginComputePass(timestamps && { timestampWrites: timestamps });
  let current: GPUComputePipeline | null = null;
  for (const { ready, group, x, y } of dispatches) {
    if (ready.pipeline !== current) pass.setPipeline(ready.pipeline);
    current = ready.pipeline;
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(x, y);
  }
  pass.end();
}
