import { createCanvas, pointCanvas } from './canvas.ts';
import { drawBrows } from './draw/brows.ts';
import { drawEyes } from './draw/eyes.ts';
import { drawHairBefore, drawHairBehind } from './draw/hair.ts';
import { drawBody, drawHead, outlineHead } from './draw/head.ts';
import { drawMouth } from './draw/mouth.ts';
import { drawNose } from './draw/nose.ts';
import type { Face } from './face.ts';
import { paintOccluder } from './occluder.ts';
import { blurImage, exposeImage } from './sensor.ts';

/** Draws a face into `out`, size x size bytes. */
export type FaceRenderer = (face: Face, out: Uint8Array, seed: number, sample: number) => void;

/**
 * A renderer for one image size; it reuses its buffers, so keep one for many faces.
 *
 * @param size side of the square images, in pixels.
 */
export function faceRenderer(size: number): FaceRenderer {
  const canvas = createCanvas(size);
  const scratch = new Float64Array(size * size);
  return (face, out, seed, sample) => {
    const { pixels } = canvas;
    const { look } = face;
    for (let k = 0; k < pixels.length; k++) {
      pixels[k] = face.background + face.backgroundSlope * ((k % size) / size - 0.5);
    }
    pointCanvas(canvas, face.view);
    outlineHead(canvas, look);
    drawHairBehind(canvas, look);
    drawBody(canvas, look);
    drawHead(canvas, look);
    drawNose(canvas, look);
    drawMouth(canvas, look);
    drawEyes(canvas, look);
    drawBrows(canvas, look);
    drawHairBefore(canvas, look);
    const lightLength = Math.sqrt(look.lightX * look.lightX + look.lightY * look.lightY + 0.8);
    for (let k = 0; k < pixels.length; k++) {
      const x = canvas.x[k]!;
      const y = canvas.y[k]!;
      if (canvas.head[k]! > 0.15) continue;
      // The head as an ellipsoid under one distant light.
      const nx = x * 1.05;
      const ny = y * 0.75;
      const nz = Math.sqrt(Math.max(0.05, 1 - nx * nx - ny * ny));
      const length = Math.sqrt(nx * nx + ny * ny + nz * nz) * lightLength;
      const lit = Math.max(0, (nx * look.lightX + ny * look.lightY + nz * 0.894) / length);
      pixels[k]! *= face.ambient + (1 - face.ambient) * 1.25 * lit;
    }
    if (face.occluder !== undefined) paintOccluder(canvas, face.occluder, look.identity);
    for (let k = 0; k < pixels.length; k++) pixels[k] = 128 + face.brightness + face.contrast * (pixels[k]! - 128);
    blurImage(pixels, scratch, size, face.blur);
    exposeImage(pixels, out, face.noise, seed, sample);
  };
}
