import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { CheckpointError, decodeSafetensors, encodeModel, modelFormat } from '@selfcure/core';
import type { Method, Model, Normalization, TrainedModel } from '@selfcure/core';
import { modelByName } from '@selfcure/models';
import type { NamedModelOptions } from '@selfcure/models';
import type { Json } from '@selfcure/tensor';
import { packageVersion } from '../version.ts';
import { fileStore } from './file-store.ts';
import { methodForPrediction } from './method-for-prediction.ts';

interface Described {
  readonly name: string;
  readonly options: Json;
}

/**
 * Writes a trained model as `model.safetensors`, whole or not at all: parameters and statistics by name, and in the
 * metadata everything that {@link loadModel} makes the network from again.
 *
 * @param path of the file; its folder is made.
 * @example await saveModel('runs/a/model.safetensors', run.model);
 */
export async function saveModel(path: string, model: TrainedModel): Promise<void> {
  await fileStore(dirname(path)).set(basename(path), encodeModel(model, { selfcure: packageVersion() }));
}

/** Options of {@link loadModel}. */
export interface LoadModelOptions {
  /** The backbone, where it is not one of `@selfcure/models`. */
  readonly model?: Model;
  /** The method, where it is not composed of selfcure's own heads and losses. */
  readonly method?: Method;
}

/**
 * Reads what {@link saveModel} wrote, ready for `predict` and `evaluate` on any engine. Its method is what prediction
 * needs of the one that trained it: it gives importance weights and weighted probabilities, and does not relabel.
 *
 * @throws CheckpointError where the file is none of these, or names a part that is not selfcure's own.
 * @example
 * const model = await loadModel('runs/faces-cure-0/model.safetensors');
 * const { labels } = await predict({ backend: await wasm(), model, data });
 */
export async function loadModel(path: string, options: LoadModelOptions = {}): Promise<TrainedModel> {
  const { arrays, metadata } = decodeSafetensors(new Uint8Array(await readFile(path)));
  if (metadata['format'] !== modelFormat) {
    throw new CheckpointError(
      `${path} is not a model of selfcure: its format is '${metadata['format'] ?? 'unknown'}', expected '${modelFormat}'`,
    );
  }
  const field = <T>(name: string): T => JSON.parse(metadata[name]!) as T;
  const model = field<Described>('model');
  const method = field<Described>('method');
  return {
    model: options.model ?? modelByName(model.name, model.options as NamedModelOptions),
    method: options.method ?? methodForPrediction(method.name, method.options),
    classes: field<readonly string[]>('classes'),
    normalization: field<Normalization>('normalization'),
    weights: Object.fromEntries(Object.entries(arrays).map(([name, { data }]) => [name, data as Float32Array])),
  };
}
