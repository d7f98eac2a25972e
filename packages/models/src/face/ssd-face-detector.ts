import { OptionError } from '@selfcure/core';
import { trace } from '@selfcure/tensor';
import type { Backend, Graph, NamedArrays } from '@selfcure/tensor';
import { decodeBoxes } from './decode-boxes.ts';
import type { Face, FaceBox, FaceDetector } from './face-detector.ts';
import { landmarkNet, landmarkSide } from './landmark-net.ts';
import { detectorSide, mobileNetDetector } from './mobile-net-detector.ts';
import { cutOut } from './picture.ts';
import type { Picture } from './picture.ts';

/** Options of a detector. */
export interface FaceDetectorOptions {
  /** Least probability of a face. Default 0.5. */
  readonly leastScore?: number;
  /** Faces narrower than this many pixels are left out. Default 16. */
  readonly leastSize?: number;
}

/** The graph of the detector. */
export function detectorGraph(): Graph {
  return trace((ops) => ({ ...mobileNetDetector(ops, ops.input('image', [1, detectorSide, detectorSide, 3])) }));
}

/** The graph of the landmarks of one face. */
export function landmarkGraph(): Graph {
  return trace((ops) => ({ landmarks: landmarkNet(ops, ops.input('images', [1, landmarkSide, landmarkSide, 3])) }));
}

/**
 * A detector from the weights of its two nets. It borrows the engine: {@link FaceDetector.close} frees what the nets hold
 * there and leaves it open.
 *
 * The longer side of a picture is brought to 512 pixels first, so faces of less than about 3 % of it go unnoticed.
 */
export async function ssdFaceDetector(
  backend: Backend,
  weights: { readonly detector: NamedArrays; readonly landmarks: NamedArrays; readonly version: string },
  { leastScore = 0.5, leastSize = 16 }: FaceDetectorOptions = {},
): Promise<FaceDetector> {
  if (!(leastScore > 0 && leastScore < 1))
    throw new OptionError(`face detector: leastScore ${String(leastScore)} is outside (0, 1). 0.5 is usual`);
  if (!(leastSize >= 1)) throw new OptionError(`face detector: leastSize ${String(leastSize)} is below 1`);
  const [finding, pointing] = [detectorGraph(), landmarkGraph()];
  const detector = await backend.compile(finding);
  const detectorState = await backend.createState(finding.state, weights.detector);
  const landmarks = await backend.compile(pointing);
  const landmarkState = await backend.createState(pointing.state, weights.landmarks);

  async function point(picture: Picture, { left, top, width, height }: FaceBox): Promise<Float64Array> {
    // The square around the box: what the net was trained on is as wide as it is high.
    const side = Math.max(width, height);
    const [x, y] = [left + (width - side) / 2, top + (height - side) / 2];
    const scale = side / landmarkSide;
    const placement = { scaleX: scale, scaleY: scale, turn: 0, left: x, top: y };
    const face = cutOut(picture, placement, { width: landmarkSide, height: landmarkSide });
    const outputs = await landmarks.run(landmarkState, { images: Float32Array.from(face.data) });
    return Float64Array.from(outputs['landmarks']!, (share, i) => share * side + (i % 2 === 0 ? x : y));
  }

  return {
    name: `${weights.version}, score ${leastScore}, size ${leastSize}`,
    async detect(picture) {
      const side = Math.max(picture.width, picture.height);
      const scale = side / detectorSide;
      const seen = cutOut(
        picture,
        { scaleX: scale, scaleY: scale, turn: 0, left: 0, top: 0 },
        { width: detectorSide, height: detectorSide, outside: 'black' },
      );
      const outputs = await detector.run(detectorState, { image: Float32Array.from(seen.data) });
      const { anchors, encodings, scores } = outputs as Record<'anchors' | 'encodings' | 'scores', Float32Array>;
      const boxes = decodeBoxes({ anchors, encodings, scores }, { side, least: leastScore, overlap: 0.5 });
      const faces: Face[] = [];
      for (const { box, score } of boxes) {
        if (box.width >= leastSize) faces.push({ box, score, landmarks: await point(picture, box) });
      }
      return faces;
    },
    async close() {
      for (const part of [detectorState, landmarkState, detector, landmarks]) part.dispose();
    },
  };
}
