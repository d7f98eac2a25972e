import { sizeOf } from '@selfcure/tensor';
import { PretrainedError } from './pretrained-error.ts';

/** A named array with its shape. */
export interface NamedWeight {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly quantized: { readonly scale: number; readonly min: number } | null;
}

/**
 * Decodes weights in the format of TensorFlow.js' weight manifests: arrays one after another, in float32, or in uint8 with
 * value = scale byte + min.
 *
 * @param manifest the parsed JSON of the list: groups with `weights`.
 * @param bytes the file that it describes, whole.
 * @param source name of the file for messages.
 * @returns arrays by name.
 * @throws PretrainedError `bad-weights` where the list is none, or describes another number of bytes.
 * @example decodeQuantizedWeights(JSON.parse(text), bytes, 'face_recognition_model.bin')
 */
export function decodeQuantizedWeights(
  manifest: unknown,
  bytes: Uint8Array,
  source: string,
): Record<string, NamedWeight> {
  const entries = readEntries(manifest, source);
  const needed = entries.reduce((sum, { shape, quantized }) => sum + sizeOf(shape) * (quantized ? 1 : 4), 0);
  if (needed !== bytes.length) {
    throw new PretrainedError(
      'bad-weights',
      `${source} has ${bytes.length} bytes, its list describes ${needed}. Install the package again`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const decoded = entries.map(({ name, shape, quantized }): [string, NamedWeight] => {
    const data = new Float32Array(sizeOf(shape));
    for (let i = 0; i < data.length; i++) {
      // The sum is rounded once, as TensorFlow.js does.
      data[i] = quantized ? bytes[at + i]! * quantized.scale + quantized.min : view.getFloat32(at + 4 * i, true);
    }
    at += data.length * (quantized ? 1 : 4);
    return [name, { data, shape }];
  });
  return Object.fromEntries(decoded);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readEntries(manifest: unknown, source: string): Entry[] {
  const fail = (what: string): never => {
    throw new PretrainedError('bad-weights', `The list of weights of ${source}: ${what}. Install the package again`);
  };
  if (!Array.isArray(manifest)) return fail('it is no list of groups');
  const weights = manifest.flatMap((group: unknown): unknown[] => {
    const list = isRecord(group) ? group['weights'] : undefined;
    return Array.isArray(list) ? list : fail('a group has no weights');
  });
  const names = new Set<string>();
  return weights.map((weight): Entry => {
    if (!isRecord(weight) || typeof weight['name'] !== 'string') return fail('a weight has no name');
    const { name, shape, quantization } = weight;
    if (names.has(name)) return fail(`'${name}' occurs twice`);
    names.add(name);
    if (!Array.isArray(shape) || !shape.every(isSize)) return fail(`'${name}' has no shape`);
    if (quantization === undefined) return { name, shape, quantized: null };
    if (!isRecord(quantization) || quantization['dtype'] !== 'uint8') return fail(`'${name}' is not stored in uint8`);
    const { scale, min } = quantization;
    if (typeof scale !== 'number' || typeof min !== 'number') return fail(`'${name}' has no scale`);
    return { name, shape, quantized: { scale, min } };
  });
}
