import type { Backend } from '@selfcure/tensor';
import { detectorGraph, landmarkGraph, ssdFaceDetector } from '../face/ssd-face-detector.ts';
import type { FaceDetectorOptions } from '../face/ssd-face-detector.ts';
import type { FaceDetector } from '../face/face-detector.ts';
import { matchStates } from '../pretrained/match-weights.ts';
import type { NamedWeight } from '../pretrained/quantized-weights.ts';
import { readFaceApiWeights } from './face-api-files.ts';
import type { FaceApiOptions } from './face-api-files.ts';

/**
 * The face detector and the net of 68 landmarks of @vladmandic/face-api (an optional peer), read from node_modules and run
 * on the given engine; its library is not loaded. The package is under the MIT licence and names no data that the nets were
 * trained on.
 *
 * @throws PretrainedError where the package is missing or of another version, or its files are damaged.
 * @example
 * const detector = await loadFaceDetector({ backend: await wasm() });
 * const faces = await detector.detect(picture);
 */
export async function loadFaceDetector({
  backend,
  from,
  ...options
}: { readonly backend: Backend } & FaceDetectorOptions & FaceApiOptions): Promise<FaceDetector> {
  const where = from === undefined ? {} : { from };
  const [detector, landmarks] = await Promise.all(
    ['ssd_mobilenetv1_model', 'face_landmark_68_model'].map((net) => readFaceApiWeights(net, where)),
  );
  return ssdFaceDetector(
    backend,
    {
      detector: matchStates(detectorGraph().state, perChannel(detector!.weights), detector!.source, isConstant),
      landmarks: matchStates(landmarkGraph().state, perChannel(landmarks!.weights), landmarks!.source),
      version: `${detector!.version}, ${landmarks!.version}`,
    },
    options,
  );
}

/** Constants of the graph that TensorFlow made: sizes of slices and the like. */
const isConstant = (name: string): boolean =>
  /^(Preprocessor|Postprocessor|concat_1)\/|^Prediction\/BoxPredictor_\d\/(stack|strided_slice)/.test(name);

/** Depthwise filters [h, w, C, 1] as [h, w, 1, C]: the same numbers in the same order. */
function perChannel(weights: Readonly<Record<string, NamedWeight>>): Record<string, NamedWeight> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, { data, shape }]) => {
      const depthwise = /depthwise_(weights|filter)$/.test(name);
      return [name, { data, shape: depthwise ? [shape[0]!, shape[1]!, shape[3]!, shape[2]!] : shape }];
    }),
  );
}
