import type { TrainedModel } from '../train/trained-model.ts';
import { evaluationStep } from '../train/step.ts';
import { encodeSafetensors } from './safetensors.ts';

/** What the metadata `format` of a model file says. */
export const modelFormat: string = 'selfcure-model-1';

/**
 * A trained model as the bytes of a safetensors file: parameters and statistics by name. Its metadata holds `format`
 * ({@link modelFormat}), and as JSON `model` and `method` (name and options each), `classes` and `normalization`.
 *
 * @param more metadata beside these, such as the version of the program that writes.
 * @example await writeFile('model.safetensors', encodeModel(run.model));
 */
export function encodeModel(
  { model, method, classes, normalization, weights }: TrainedModel,
  more: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { state } = evaluationStep({ model, method, batchSize: 1 });
  const shapes = new Map(state.map(({ name, shape }) => [name, shape]));
  const arrays = Object.entries(weights).map(
    ([name, data]) => [name, { data, shape: shapes.get(name) ?? [data.length] }] as const,
  );
  return encodeSafetensors(Object.fromEntries(arrays), {
    format: modelFormat,
    ...more,
    model: JSON.stringify({ name: model.name, options: model.options }),
    method: JSON.stringify({ name: method.name, options: method.options }),
    classes: JSON.stringify(classes),
    normalization: JSON.stringify(normalization),
  });
}
