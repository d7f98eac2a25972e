import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TfjsEngine } from '@selfcure/tfjs';

/** The elements of a value on the WebAssembly heap. A view: take it after the last allocation, since growth detaches it. */
export function heapView(engine: TfjsEngine, value: TensorInfo): Float32Array | Int32Array {
  return (engine.backend as BackendWasm).typedArrayFromHeap(value) as Float32Array | Int32Array;
}

/** The same elements under another shape, for kernels that only read: no handle of its own, nothing to release. */
export function reshaped(value: TensorInfo, shape: readonly number[]): TensorInfo {
  return { dataId: value.dataId, shape: [...shape], dtype: value.dtype };
}
