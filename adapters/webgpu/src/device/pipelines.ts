import { computeStage } from './flags.ts';
import type { Watch } from './watch.ts';

/** What is told while kernels are compiled. */
export interface CompileProgress {
  /** Pipelines that are ready. */
  readonly compiled: number;
  /** Pipelines that the graph needs and the device has not had before. */
  readonly total: number;
}

/** A kernel to compile. */
export interface PipelineRequest {
  readonly text: string;
  readonly bindings: number;
  readonly operation: string;
  readonly layer: string;
}

/** Pipelines of a device: one for every text. */
export interface Pipelines {
  /** Compiles those that are missing, all at a time and off this thread. */
  get(
    requests: readonly PipelineRequest[],
    onProgress?: (progress: CompileProgress) => void,
  ): Promise<GPUComputePipeline[]>;
  /** How kernels with so many bindings are bound: storage buffers, all of them writable, since ranges of one buffer may not differ. */
  layout(bindings: number): GPUBindGroupLayout;
}

export const labelOf = ({ operation, layer }: Pick<PipelineRequest, 'operation' | 'layer'>): string =>
  `${operation} (layer '${layer || 'top'}')`;

/** An empty set of pipelines. */
export function createPipelines(watch: Watch): Pipelines {
  const { device } = watch;
  const layouts = new Map<number, GPUBindGroupLayout>();
  const pipelines = new Map<string, Promise<GPUComputePipeline>>();

  const layout = (bindings: number): GPUBindGroupLayout => {
    let made = layouts.get(bindings);
    if (!made) {
      made = device.createBindGroupLayout({
        entries: Array.from({ length: bindings }, (_, binding) => ({
          binding,
          visibility: computeStage,
          buffer: { type: 'storage' },
        })),
      });
      layouts.set(bindings, made);
    }
    return made;
  };

  const compile = async ({ text, bindings, operation, layer }: PipelineRequest): Promise<GPUComputePipeline> => {
    const label = labelOf({ operation, layer });
    const deed = { what: `compiling ${label}`, operation, layer, harmless: true };
    const { value, accepted } = watch.issue(deed, () =>
      device.createComputePipelineAsync({
        label,
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout(bindings)] }),
        compute: { module: device.createShaderModule({ label, code: text }), entryPoint: 'main' },
      }),
    );
    const [pipeline, taken] = await Promise.allSettled([value, accepted]);
    if (taken.status === 'rejected') throw taken.reason;
    if (pipeline.status === 'rejected') throw await watch.explain(deed, pipeline.reason);
    return pipeline.value;
  };

  return {
    layout,
    get: async (requests, onProgress) => {
      const missing = new Set(requests.map(({ text }) => text).filter((text) => !pipelines.has(text)));
      let compiled = 0;
      for (const request of requests) {
        if (pipelines.has(request.text)) continue;
        const pipeline = compile(request);
        pipelines.set(request.text, pipeline);
        pipeline.then(
          () => onProgress?.({ compiled: ++compiled, total: missing.size }),
          () => pipelines.delete(request.text),
        );
      }
      return Promise.all(requests.map(({ text }) => pipelines.get(text)!));
    },
  };
}
