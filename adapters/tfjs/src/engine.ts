import { engine as tfjsGlobal, getKernel } from '@tensorflow/tfjs-core';
import type { KernelBackend, KernelConfig, NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf } from '@selfcure/tensor';
import type { DType, MemoryInfo, NumericArray, Shape } from '@selfcure/tensor';
import { TfjsError } from './errors.ts';

/** Inputs of a kernel by name, or a list where the kernel takes one (`Concat`). */
export type KernelInputs = Readonly<Record<string, TensorInfo>> | readonly TensorInfo[];

/**
 * One tfjs backend, reached through its kernel functions: no tape, no scopes of tfjs, and never the backend that happens
 * to be current in tfjs, so that several engines work side by side.
 *
 * Handles are counted: every handle that {@link TfjsEngine.call}, `upload` and `share` return is released once.
 */
export interface TfjsEngine {
  /** Name of the tfjs backend: `'cpu'`. */
  readonly backendName: string;
  readonly backend: KernelBackend;
  /** Whether the backend registers a kernel. */
  has(kernel: string): boolean;
  /** Runs a kernel with one result. Throws {@link TfjsError} where the backend has none of this name. */
  call(kernel: string, inputs: KernelInputs, attributes?: Readonly<Record<string, unknown>>): TensorInfo;
  /** Releases every handle made inside but the one that `body` returns. */
  scoped(body: () => TensorInfo): TensorInfo;
  /** Memory of a shape, not initialized. */
  allocate(shape: Shape, dtype: DType): TensorInfo;
  /** A copy of the values on the engine. */
  upload(values: NumericArray, shape: Shape, dtype: DType): TensorInfo;
  /** A copy of the values on the host. */
  download(value: TensorInfo): Promise<NumericArray>;
  /** Another handle to the same content. */
  share(value: TensorInfo): TensorInfo;
  release(value: TensorInfo): void;
  /** Values and bytes that this engine object holds, not those of others on the same tfjs backend. */
  memory(): MemoryInfo;
}

/**
 * Starts a registered tfjs backend, or finds the running one, and leaves the current backend of tfjs as it was.
 *
 * @param backendName as it was registered: `'cpu'`, `'wasm'`, `'webgl'`.
 * @throws TfjsError where no backend of this name is registered, or it does not start.
 * @example
 * import '@tensorflow/tfjs-backend-cpu';
 * const engine = await openEngine('cpu');
 */
export async function openEngine(backendName: string): Promise<TfjsEngine> {
  const tfjs = tfjsGlobal();
  if (!tfjs.findBackendFactory(backendName)) {
    throw new TfjsError(
      `tfjs has no backend '${backendName}'. Registered: ${tfjs.backendNames().join(', ') || 'none'}. ` +
        `Import '@tensorflow/tfjs-backend-${backendName}' first`,
    );
  }
  // tfjs abandons a start when another begins: wait, and do not yield in between.
  while (tfjs['pendingBackendInit']) await tfjs['pendingBackendInit'];
  const current = tfjs.backendName;
  const started = await tfjs.setBackend(backendName);
  const backend = tfjs.registry[backendName];
  if (!started || !backend)
    throw new TfjsError(`the tfjs backend '${backendName}' did not start; tfjs has written the cause to the console`);
  if (current && current !== backendName) await tfjs.setBackend(current);
  return createEngine(backendName, backend);
}

function createEngine(backendName: string, backend: KernelBackend): TfjsEngine {
  const found = new Map<string, KernelConfig['kernelFunc']>();
  const held = new Map<object, { handles: number; readonly bytes: number }>();
  let bytes = 0;
  let scope: Set<TensorInfo> | null = null;

  const kernelOf = (name: string): KernelConfig['kernelFunc'] => {
    const known = found.get(name);
    if (known) return known;
    const registered = getKernel(name, backendName) as KernelConfig | undefined;
    if (!registered)
      throw new TfjsError(
        `the tfjs backend '${backendName}' has no kernel '${name}'. Leave the operation that needs it unclaimed`,
      );
    found.set(name, registered.kernelFunc);
    return registered.kernelFunc;
  };
  const adopt = (value: TensorInfo): TensorInfo => {
    const entry = held.get(value.dataId);
    if (entry) entry.handles++;
    else {
      const size = 4 * sizeOf(value.shape);
      held.set(value.dataId, { handles: 1, bytes: size });
      bytes += size;
    }
    scope?.add(value);
    return value;
  };
  const release = (value: TensorInfo): void => {
    const entry = held.get(value.dataId);
    if (entry && --entry.handles === 0) {
      held.delete(value.dataId);
      bytes -= entry.bytes;
    }
    scope?.delete(value);
    backend.disposeData(value.dataId);
  };

  return {
    backendName,
    backend,
    has: (kernel) => (getKernel(kernel, backendName) as KernelConfig | undefined) !== undefined,
    call: (kernel, inputs, attributes = {}) =>
      adopt(
        kernelOf(kernel)({
          inputs: inputs as NamedTensorInfoMap,
          attrs: attributes as NamedAttrMap,
          backend,
        }) as TensorInfo,
      ),
    scoped: (body) => {
      const outer = scope;
      const mine = new Set<TensorInfo>();
      scope = mine;
      let result: TensorInfo | undefined;
      try {
        result = body();
        if (!mine.delete(result)) throw new TfjsError('a composed kernel returned a handle that it did not make');
      } finally {
        scope = null;
        for (const value of mine) release(value);
        scope = outer;
      }
      outer?.add(result);
      return result;
    },
    allocate: (shape, dtype) => adopt(write(backend, null, shape, dtype)),
    // A copy even where the type fits: some backends keep the array that they are given.
    upload: (values, shape, dtype) =>
      adopt(write(backend, dtype === 'i32' ? Int32Array.from(values) : new Float32Array(values), shape, dtype)),
    download: async (value) => {
      const values = (await backend.read(value.dataId)) as Float32Array | Int32Array | Uint8Array;
      return value.dtype === 'int32' ? Int32Array.from(values) : new Float32Array(values);
    },
    share: (value) => {
      backend.incRef(value.dataId);
      return adopt({ dataId: value.dataId, shape: value.shape, dtype: value.dtype });
    },
    release,
    memory: () => ({ bytes, values: held.size }),
  };
}

function write(
  backend: KernelBackend,
  values: Float32Array | Int32Array | null,
  shape: Shape,
  dtype: DType,
): TensorInfo {
  const type = dtype === 'i32' ? 'int32' : 'float32';
  // tfjs's types leave out null, which its backends take for memory without content.
  return { dataId: backend.write(values as Float32Array, [...shape], type), shape: [...shape], dtype: type };
}
