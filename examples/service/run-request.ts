/** What a client may ask for, and the training that it amounts to. */
import { ce, cure, scn } from '@selfcure/core';
import { arrayDataset, facesDataset, symmetricNoise } from '@selfcure/data';
import { faceCnn } from '@selfcure/models';
import type { SliceTraining } from '@selfcure/slices';
import type { Backend } from '@selfcure/tensor';
import * as v from 'valibot';

/** Bytes of a request that are read. */
export const bodyLimit = 2 ** 21;

const batchSize = 32;
const recipes = { ce, cure, scn };

const whole = (least: number, most: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));

const faces = v.strictObject({
  kind: v.literal('faces'),
  samples: whole(batchSize, 2000),
  size: v.optional(whole(16, 64), 32),
  noise: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.8)), 0.3),
  seed: v.optional(whole(0, 2 ** 31), 0),
});

/** Grey images of `size` x `size`, one byte a pixel, one after the other in base64. */
const images = v.strictObject({
  kind: v.literal('images'),
  size: whole(16, 64),
  classes: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[\w .-]{1,40}$/))), v.minLength(2), v.maxLength(50)),
  labels: v.pipe(v.array(whole(0, 49)), v.minLength(batchSize), v.maxLength(10_000)),
  pixels: v.pipe(v.string(), v.base64()),
});

const schema = v.strictObject({
  data: v.variant('kind', [faces, images]),
  recipe: v.optional(v.picklist(['ce', 'cure', 'scn']), 'cure'),
  epochs: v.optional(whole(1, 50), 20),
  width: v.optional(v.picklist([0.125, 0.25, 0.5, 1]), 0.25),
  seed: v.optional(whole(0, 2 ** 31), 0),
});

/** A request that was checked, as plain data. */
export type RunRequest = v.InferOutput<typeof schema>;

/** A request that cannot be met; `field` names what is wrong with it, such as `data.samples`. */
export class FieldError extends Error {
  override name = 'FieldError';
  readonly field: string;
  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/**
 * A request from its JSON.
 *
 * @throws FieldError where something is missing, unknown or out of range.
 */
export function parseRunRequest(body: unknown): RunRequest {
  const { success, output, issues } = v.safeParse(schema, body, { abortEarly: true });
  if (!success)
    throw new FieldError((v.getDotPath(issues[0]) ?? 'body').slice(0, 100), issues[0].message.slice(0, 200));
  const { data } = output;
  if (data.kind === 'images') {
    const { labels, classes, pixels, size } = data;
    const wrong = labels.findIndex((label) => label >= classes.length);
    if (wrong >= 0) throw new FieldError(`data.labels.${wrong}`, `there are ${classes.length} classes`);
    const [bytes, wanted] = [bytesOf(pixels).length, labels.length * size * size];
    if (bytes !== wanted) throw new FieldError('data.pixels', `${bytes} bytes, ${labels.length} images have ${wanted}`);
  }
  return output;
}

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** The data set of a request; the same request gives the same one. */
export function dataOf({ data }: RunRequest) {
  if (data.kind === 'faces') {
    const { samples, size, noise, seed } = data;
    return symmetricNoise(facesDataset({ samples, size, seed }), { rate: noise, seed });
  }
  const { pixels, labels, classes, size } = data;
  return arrayDataset({ images: bytesOf(pixels), labels, classes, shape: [size, size, 1], name: 'upload' });
}

/** How a request is trained. */
export function trainingOf(request: RunRequest, backend: Backend): SliceTraining {
  const { recipe, epochs, width, seed } = request;
  const data = dataOf(request);
  const model = faceCnn({ classes: data.classes.length, size: data.shape[0], width });
  return { backend, data, model, recipe: recipes[recipe](), epochs, seed, batchSize };
}
