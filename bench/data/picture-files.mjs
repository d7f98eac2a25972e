/** JPEG files to train on: procedural faces in colour, in a folder a class. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { facesDataset } from '@selfcure/data';
import { encode } from 'jpeg-js';

/** Of libjpeg's scale; what photographs are often stored with. */
const quality = 90;

/**
 * Writes the files.
 *
 * @param {string} folder
 * @param {{ files: number, source: number, seed: number }} options
 * @returns {Promise<number>} bytes of all
 */
export async function writePictures(folder, { files, source, seed }) {
  const faces = facesDataset({ samples: files, size: source, seed });
  for (const name of faces.classes) mkdirSync(join(folder, name), { recursive: true });
  let bytes = 0;
  for (let id = 0; id < files; id++) {
    const gray = await faces.read([id]);
    const data = new Uint8Array(4 * gray.length);
    // Skin is redder than it is blue; three equal channels would be no colour picture to a decoder.
    gray.forEach((value, i) => data.set([value, Math.round(0.82 * value), Math.round(0.7 * value), 255], 4 * i));
    const { data: jpeg } = encode({ width: source, height: source, data }, quality);
    writeFileSync(join(folder, faces.classes[faces.labels[id]], `${id}.jpg`), jpeg);
    bytes += jpeg.length;
  }
  return bytes;
}
