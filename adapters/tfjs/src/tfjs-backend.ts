import type { TensorInfo } from '@tensorflow/tfjs-core';
import { attributesOf, kernelBackend } from '@selfcure/tensor';
import type { Backend, Capabilities, ConvolutionAttributes, KernelTable, Node } from '@selfcure/tensor';
import { openEngine } from './engine.ts';
import type { TfjsEngine } from './engine.ts';
import { knownFaults } from './faults.ts';
import type { KernelSet } from './kernels/kernels.ts';
import { stockKernels } from './kernels/table.ts';

/** What {@link tfjsBackend} makes a backend of. */
export interface TfjsBackendOptions {
  /** Name of a registered tfjs backend, such as `'cpu'`, or one that `openEngine` has started. */
  readonly engine: string | TfjsEngine;
  /** Name of the adapter. Default `'tfjs-'` and the name of the engine. */
  readonly name?: string;
  /** Default: float32 on the device that the engine is named after, one thread, no bounds known. */
  readonly capabilities?: Partial<Capabilities>;
  /** Kernels that take the place of stock ones, or add operations. */
  readonly overrides?: KernelSet;
  /** Runs after the backend has freed its values. */
  readonly close?: () => void | Promise<void>;
}

const grouped = (node: Node): boolean => (attributesOf<Partial<ConvolutionAttributes>>(node).groups ?? 1) !== 1;

/**
 * A backend over any tfjs backend. Kernels are called directly, without tape and without tfjs's current backend.
 *
 * @throws TfjsError where no backend of this name is registered, or it does not start.
 * @example
 * import '@tensorflow/tfjs-backend-cpu';
 * const backend = await tfjsBackend({ engine: 'cpu' });
 */
export async function tfjsBackend(options: TfjsBackendOptions): Promise<Backend> {
  const { name, capabilities, overrides, close } = options;
  const engine = typeof options.engine === 'string' ? await openEngine(options.engine) : options.engine;
  const own = overrides?.(engine) ?? {};
  const faults = knownFaults[engine.backendName] ?? {};
  const table: KernelTable<TensorInfo> = {
    kernels: { ...stockKernels(engine), ...own },
    claims: (node) => {
      if (grouped(node)) return 'its convolutions have one channel group';
      return Object.hasOwn(own, node.op) ? true : (faults[node.op] ?? true);
    },
    upload: engine.upload,
    download: engine.download,
    share: engine.share,
    dispose: engine.release,
  };
  return kernelBackend({
    name: name ?? `tfjs-${engine.backendName}`,
    capabilities: {
      device: engine.backendName,
      threads: 1,
      precision: 'float32',
      deterministic: false,
      limits: {},
      ...capabilities,
    },
    table,
    memory: engine.memory,
    ...(close && { close }),
  });
}
