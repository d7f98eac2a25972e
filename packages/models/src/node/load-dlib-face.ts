import { dlibFace, dlibNormalization } from '../dlib-face.ts';
import type { DlibFaceOptions } from '../dlib-face.ts';
import { backboneStates, matchWeights } from '../pretrained/match-weights.ts';
import type { PretrainedModel } from '../pretrained/pretrained-model.ts';
import { readFaceApiWeights } from './face-api-files.ts';
import type { FaceApiOptions } from './face-api-files.ts';

/**
 * {@link dlibFace} with its weights, read from @vladmandic/face-api (an optional peer) in node_modules; nothing is copied or
 * downloaded. dlib's author gave the weights to the public domain; the package that carries them is under the MIT licence.
 *
 * Layers after `until` are left out.
 *
 * @throws PretrainedError where the package is missing or of another version, or its files are damaged.
 * @example
 * const face = await loadDlibFace({ classes: 7, size: 48, channels: 1 });
 * await train({ backend, recipe: scn(), data, epochs: 5, ...face }); // trains the whole net
 */
export async function loadDlibFace(options: DlibFaceOptions & FaceApiOptions = {}): Promise<PretrainedModel> {
  const { from, ...modelOptions } = options;
  const model = dlibFace(modelOptions);
  const { weights, version, source } = await readFaceApiWeights(
    'face_recognition_model',
    from === undefined ? {} : { from },
  );
  // The whole net's names, so that a file of another net is refused even where the model ends early.
  const whole = new Set(backboneStates(dlibFace({ until: 'fc' })).map(({ name }) => name));
  const initialWeights = matchWeights(model, weights, source, (name) => whole.has(name));
  const { classes: _, ...shape } = model.options as Record<string, unknown>;
  return { model, initialWeights, normalization: dlibNormalization, version: `${version}/${JSON.stringify(shape)}` };
}
