import { decodeSafetensors } from '@selfcure/core';
import type { DecodedSafetensorsArray, Model } from '@selfcure/core';
import { matchWeights } from './match-weights.ts';
import { PretrainedError } from './pretrained-error.ts';
import type { NamedWeight } from './quantized-weights.ts';

/**
 * How PyTorch lays a weight out: `'convolution'` [out, in, height, width]; `'linear'` [out, in]; or a linear layer on an image
 * that was flattened channels first, by the image's [channels, height, width]. Absent: as here.
 */
export type TorchLayout = 'convolution' | 'linear' | readonly [channels: number, height: number, width: number];

/** What a weight of a file is in a model here; null: nothing, such as a counter or a classifier. */
export type NamedTarget = { readonly name: string; readonly layout?: TorchLayout } | null;

/** Tells what a weight of a file is; undefined where the name is not known, which is refused. */
export type NameMap = (name: string) => NamedTarget | undefined;

/**
 * Weights of a safetensors file for a model, for `initialWeights`. Every state of the backbone must be in the file, and every
 * array of the file must be named by the map: nothing is skipped silently.
 *
 * @param bytes the whole file.
 * @throws PretrainedError `unmatched-names` with the names that the file lacks and those that the map does not know;
 * `wrong-shape`. CheckpointError where the bytes are no such file.
 * @example importSafetensors(bytes, { model: resnet18({ size: 224 }), names: torchvisionResnet18Names })
 */
export function importSafetensors(
  bytes: Uint8Array,
  { model, names }: { readonly model: Model; readonly names: NameMap },
): Record<string, Float32Array> {
  const { arrays } = decodeSafetensors(bytes);
  const weights: Record<string, NamedWeight> = {};
  for (const [name, array] of Object.entries(arrays)) {
    const target = names(name);
    if (target === null) continue;
    // An unknown name keeps its own, so that the list of what does not fit shows it.
    const known = target?.name ?? name;
    if (Object.hasOwn(weights, known)) {
      throw new PretrainedError('unmatched-names', `'${name}' is a second '${known}'. Let the map name each once`);
    }
    weights[known] = converted(name, array, target?.layout);
  }
  return matchWeights(model, weights, 'The safetensors file');
}

function converted(name: string, { data, shape, dtype }: DecodedSafetensorsArray, layout?: TorchLayout): NamedWeight {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    throw new PretrainedError(
      'wrong-shape',
      `'${name}' holds whole numbers of type ${dtype}, no weights. Map it to null`,
    );
  }
  const values = Float32Array.from(data);
  if (layout === undefined) return { data: values, shape };
  const wanted = layout === 'convolution' ? 4 : 2;
  if (shape.length !== wanted) {
    throw new PretrainedError('wrong-shape', `'${name}' has the shape [${shape.join(', ')}], not ${wanted} axes`);
  }
  if (layout === 'convolution') return permuted(values, shape, [2, 3, 1, 0]);
  if (layout === 'linear') return permuted(values, shape, [1, 0]);
  const [out, length] = shape as [number, number];
  if (length !== layout[0] * layout[1] * layout[2]) {
    throw new PretrainedError('wrong-shape', `'${name}' takes ${length} values, not those of ${layout.join(' x ')}`);
  }
  return { data: permuted(values, [out, ...layout], [2, 3, 1, 0]).data, shape: [length, out] };
}

/** The array with its axes in another order. */
function permuted(data: Float32Array, shape: readonly number[], order: readonly number[]): NamedWeight {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const result = new Float32Array(data.length);
  const counts = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const index = counts.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from]!;
    for (let axis = counts.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < counts[axis]!) break;
      from -= steps[axis]! * counts[axis]!;
      index[axis] = 0;
    }
  }
  return { data: result, shape: counts };
}
