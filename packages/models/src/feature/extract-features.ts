import { OptionError, normalize, readAhead } from '@selfcure/core';
import type { Dataset } from '@selfcure/core';
import { trace } from '@selfcure/tensor';
import type { Backend, Program, State } from '@selfcure/tensor';
import type { PretrainedModel } from '../pretrained/pretrained-model.ts';
import type { FeatureCache, FeatureStore } from './feature-cache.ts';

/** Features of the images of a data set, by a frozen backbone. */
export interface Features {
  /** One row an image. N x length. */
  readonly values: Float32Array;
  readonly length: number;
  /** Of the backbone that computed them. */
  readonly version: string;
  /** Images that were found in the cache; the others were computed. */
  readonly cached: number;
}

/** Options of {@link extractFeatures}. */
export interface ExtractFeaturesOptions {
  readonly backend: Backend;
  readonly backbone: PretrainedModel;
  readonly data: Pick<Dataset, 'name' | 'size' | 'shape' | 'read'>;
  /** Images of one run of the engine. Default 32. */
  readonly batchSize?: number;
  /** Keeps features between runs; they are then those that it stores, rounded alike whether found or computed. */
  readonly cache?: FeatureCache;
  readonly onProgress?: (done: number, size: number) => void;
}

/**
 * Runs a frozen backbone over all images of a data set, each once.
 *
 * @throws OptionError where the images do not fit the backbone; PretrainedError `bad-cache`.
 * @example
 * const backbone = await loadDlibFace({ size: 48, channels: 1 });
 * const features = await extractFeatures({ backend, backbone, data, cache: featureCache('./features') });
 */
export async function extractFeatures(options: ExtractFeaturesOptions): Promise<Features> {
  const { backend, backbone, data, batchSize = 32, cache, onProgress } = options;
  const { model, initialWeights, version } = backbone;
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new OptionError(`batchSize ${batchSize} is not a whole number from 1`);
  if (data.shape.some((length, axis) => length !== model.inputShape[axis])) {
    throw new OptionError(
      `data '${data.name}' has images ${data.shape.join('x')}, model '${model.name}' takes ${model.inputShape.join('x')}. ` +
        'Make the model for that size, or resize the images',
    );
  }
  const graph = trace((ops) => ({
    features: model.apply(ops, ops.input('images', [batchSize, ...model.inputShape]), { training: false }),
  }));
  const length = graph.outputs['features']!.shape[1]!;
  const store = await cache?.open({ version, length });
  let engine: { program: Program; state: State } | undefined;
  try {
    const compute = async (images: readonly Uint8Array[]): Promise<Float32Array[]> => {
      // Compiled when the first image is missing: a full cache needs no engine.
      engine ??= {
        program: await backend.compile(graph),
        state: await backend.createState(graph.state, initialWeights),
      };
      const size = model.inputShape[0] * model.inputShape[1] * model.inputShape[2];
      const batch = new Float32Array(batchSize * size);
      images.forEach((image, i) => batch.set(normalize(image, backbone.normalization), i * size));
      const { features } = await engine.program.run(engine.state, { images: batch });
      return images.map((_, i) => Float32Array.from(features!.subarray(i * length, (i + 1) * length)));
    };
    return { ...(await fill({ data, batchSize, length, store, compute, onProgress })), length, version };
  } finally {
    engine?.state.dispose();
    engine?.program.dispose();
    await store?.close();
  }
}

/** Reads images block by block, and computes those that the store lacks in full batches. */
async function fill(work: {
  readonly data: ExtractFeaturesOptions['data'];
  readonly batchSize: number;
  readonly length: number;
  readonly store: FeatureStore | undefined;
  readonly compute: (images: readonly Uint8Array[]) => Promise<Float32Array[]>;
  readonly onProgress: ExtractFeaturesOptions['onProgress'];
}): Promise<{ values: Float32Array; cached: number }> {
  const { data, batchSize, length, store, compute, onProgress } = work;
  const values = new Float32Array(data.size * length);
  let cached = 0;
  let done = 0;
  let waiting: { sample: number; image: Uint8Array }[] = [];
  const flush = async (): Promise<void> => {
    const images = waiting.map(({ image }) => image);
    const features = await compute(images);
    const kept = store ? await store.add(images, features) : features;
    waiting.forEach(({ sample }, i) => values.set(kept[i]!, sample * length));
    done += waiting.length;
    waiting = [];
    onProgress?.(done, data.size);
  };
  const block = 256;
  const read = async (start: number): Promise<Uint8Array> =>
    data.read(Int32Array.from({ length: Math.min(block, data.size - start) }, (_, i) => start + i));
  // The next block is read while the engine computes.
  const next = readAhead((step) => read(step * block), 0, Math.ceil(data.size / block));
  for (let start = 0; start < data.size; start += block) {
    const pixels = (await next())!;
    const count = Math.min(block, data.size - start);
    const size = pixels.length / count;
    const images = Array.from({ length: count }, (_, i) => pixels.subarray(i * size, (i + 1) * size));
    const found = store ? await store.find(images) : images.map(() => null);
    for (const [i, row] of found.entries()) {
      if (row) {
        values.set(row, (start + i) * length);
        cached++;
        done++;
      } else {
        waiting.push({ sample: start + i, image: images[i]! });
        if (waiting.length === batchSize) await flush();
      }
    }
  }
  if (waiting.length) await flush();
  else onProgress?.(done, data.size);
  return { values, cached };
}
