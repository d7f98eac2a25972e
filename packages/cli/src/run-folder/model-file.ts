import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { CheckpointError, decodeSafetensors, encodeModel, modelFormat } from '@selfcure/core';
import type { Method, Model, Normalization, TrainedModel } from '@selfcure/core';
import { modelByName } from '@selfcure/models';
import type { NamedModelOptions } from '@selfcure/models';
import type { Json } from '@selfcure/tensor';
import type { Recalibrations } from '@selfcure/audit';
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
 * @param recalibrations corrections of predictions that go with it.
 * @example await saveModel('runs/a/model.safetensors', run.model);
 */
export async function saveModel(
  path: string,
  model: TrainedModel,
  recalibrations: Recalibrations | null = null,
): Promise<void> {
  const more = {
    selfcure: packageVersion(),
    ...(recalibrations && { recalibrations: JSON.stringify(recalibrations) }),
  };
  await fileStore(dirname(path)).set(basename(path), encodeModel(model, more));
}

/**
 * Corrections of predictions that a model file holds; null where it holds none.
 *
 * @throws CheckpointError where it is no model of selfcure.
 * @example
 * const found = await loadRecalibrations('runs/a/model.safetensors');
 * const better = found && applyRecalibration(found.matrix, probabilities); // of @selfcure/audit
 */
export async function loadRecalibrations(path: string): Promise<Recalibrations | null> {
  const { metadata } = await readModelFile(path);
  const text = metadata['recalibrations'];
  return text === undefined ? null : (JSON.parse(text) as Recalibrations);
}

async function readModelFile(path: string): Promise<ReturnType<typeof decodeSafetensors>> {
  const found = decodeSafetensors(new Uint8Array(await readFile(path)));
  const { format } = found.metadata;
  if (format === modelFormat) return found;
  throw new CheckpointError(
    `${path} is not a model of selfcure: its format is '${format ?? 'unknown'}', expected '${modelFormat}'`,
  );
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
  const { arrays, metadata } = await readModelFile(path);
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
