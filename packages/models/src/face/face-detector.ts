import type { Picture } from './picture.ts';

/** A rectangle in pixels; it may reach beyond the picture. */
export interface FaceBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A face in a picture. */
export interface Face {
  readonly box: FaceBox;
  /** How sure the detector is, 0 to 1. */
  readonly score: number;
  /** 68 points, x and y in pixels: jaw 0 to 16, brows 17 to 26, nose 27 to 35, eyes 36 to 47, mouth 48 to 67. Length 136. */
  readonly landmarks: Float64Array;
}

/** Something that finds faces. */
export interface FaceDetector {
  /** Changes when it would find other faces; part of what a preparation of data is called. */
  readonly name: string;
  /** Faces, the surest first. */
  detect(picture: Picture): Promise<Face[]>;
  close(): Promise<void>;
}
