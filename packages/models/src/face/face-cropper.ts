import { OptionError } from '@selfcure/core';
import type { Face, FaceDetector } from './face-detector.ts';
import { cutOut } from './picture.ts';
import type { Picture, Placement } from './picture.ts';

/** Options of {@link faceCropper}. */
export interface FaceCropperOptions {
  /** Side of a crop in pixels. Default 112. */
  readonly size?: number;
  /**
   * What is seen around the face, as a share of the side that is added on each side of the tight crop of face recognition.
   * Default 0.15: brows, chin and cheeks.
   */
  readonly margin?: number;
  /**
   * Which faces of a picture that has several: the `'largest'` (default), `'all'`, or `'none'`, where a label could belong to
   * any of them.
   */
  readonly several?: 'largest' | 'all' | 'none';
}

/** What became of a picture. */
export interface FaceCrops {
  readonly outcome: 'no-face' | 'one-face' | 'several-faces';
  /** All faces that were found, the surest first. */
  readonly faces: readonly Face[];
  /** Aligned crops of the faces that were chosen, the largest first. */
  readonly crops: readonly (Picture & { readonly channels: 3 })[];
}

/** Cuts faces out of pictures. */
export interface FaceCropper {
  /** Names detector and options, for the fingerprint of prepared data. */
  readonly name: string;
  crop(picture: Picture): Promise<FaceCrops>;
}

/** Eyes, tip of the nose and corners of the mouth in a face of 112 x 112 pixels: the usual template of face recognition. */
const template = [38.2946, 51.6963, 73.5318, 51.5014, 56.0252, 71.7366, 41.5493, 92.3655, 70.7299, 92.2041];
const templateSide = 112;

/**
 * Cuts out faces and turns them upright: eyes, nose and mouth come to lie where they do in the aligned faces that face
 * recognition is trained on, as closely as shifting, turning and scaling can bring them.
 *
 * @throws OptionError where an option is out of range.
 * @example
 * const cropper = faceCropper(await loadFaceDetector({ backend }), { size: 112 });
 * const { outcome, crops } = await cropper.crop(picture);
 */
export function faceCropper(
  detector: FaceDetector,
  { size = 112, margin = 0.15, several = 'largest' }: FaceCropperOptions = {},
): FaceCropper {
  if (!(Number.isInteger(size) && size >= 16 && size <= 1024))
    throw new OptionError(`faceCropper: size ${String(size)} is not a whole number from 16 to 1024`);
  if (!(margin >= 0 && margin <= 2)) throw new OptionError(`faceCropper: margin ${String(margin)} is not in [0, 2]`);
  if (!['largest', 'all', 'none'].includes(several))
    throw new OptionError(`faceCropper: several is ${JSON.stringify(several)}. Pass largest, all or none`);
  return {
    name: `faces of ${detector.name}, ${JSON.stringify({ size, margin, several })}`,
    async crop(picture) {
      const faces = await detector.detect(picture);
      const outcome = faces.length === 0 ? 'no-face' : faces.length === 1 ? 'one-face' : 'several-faces';
      const bySize = faces.toSorted((a, b) => b.box.width * b.box.height - a.box.width * a.box.height);
      const chosen = faces.length <= 1 || several === 'all' ? bySize : several === 'largest' ? bySize.slice(0, 1) : [];
      const crops = chosen.map((face) =>
        cutOut(picture, alignment(face.landmarks, size, margin), { width: size, height: size }),
      );
      return { outcome, faces, crops };
    },
  };
}

/** Where the pixels of an aligned crop lie in the picture. */
export function alignment(landmarks: Float64Array, size: number, margin: number): Placement {
  const points = fivePoints(landmarks);
  const scale = size / (templateSide * (1 + 2 * margin));
  const aim = template.map((value) => (value + margin * templateSide) * scale);
  return similarity(aim, points);
}

/** Centres of the eyes, tip of the nose, corners of the mouth. */
function fivePoints(landmarks: Float64Array): number[] {
  const centre = (from: number, to: number): [number, number] => {
    let [x, y] = [0, 0];
    for (let i = from; i < to; i++) [x, y] = [x + landmarks[2 * i]!, y + landmarks[2 * i + 1]!];
    return [x / (to - from), y / (to - from)];
  };
  const point = (i: number): [number, number] => centre(i, i + 1);
  return [...centre(36, 42), ...centre(42, 48), ...point(30), ...point(48), ...point(54)];
}

/** The shift, turn and scaling that brings points nearest to others, in the sum of squared distances. */
function similarity(from: readonly number[], to: readonly number[]): Placement {
  const count = from.length / 2;
  const mean = (values: readonly number[], axis: number): number =>
    values.reduce((sum, value, i) => (i % 2 === axis ? sum + value : sum), 0) / count;
  const [fx, fy, tx, ty] = [mean(from, 0), mean(from, 1), mean(to, 0), mean(to, 1)];
  let [same, across, spread] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const [x, y] = [from[2 * i]! - fx, from[2 * i + 1]! - fy];
    const [u, v] = [to[2 * i]! - tx, to[2 * i + 1]! - ty];
    same += x * u + y * v;
    across += x * v - y * u;
    spread += x * x + y * y;
  }
  const [scale, turn] = [same / spread, across / spread];
  return { scaleX: scale, scaleY: scale, turn, left: tx - scale * fx + turn * fy, top: ty - turn * fx - scale * fy };
}
