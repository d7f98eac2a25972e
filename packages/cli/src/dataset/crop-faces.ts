import type { CropImage } from '@selfcure/data/node';
import { faceCropper } from '@selfcure/models';
import type { FaceCropper } from '@selfcure/models';
import { loadFaceDetector } from '@selfcure/models/node';
import type { ArgsDef } from 'citty';
import { oneOf, readChoice } from '../argument/choice.ts';
import { declareNumbers, readNumbers } from '../argument/number-option.ts';
import type { NumberOptions } from '../argument/number-option.ts';
import { openBackend } from '../engine/adapters.ts';

const numberOptions = {
  'face-size': { description: 'side of a crop in pixels', whole: true, from: 16, to: 1024, default: 112 },
  'face-margin': {
    description: 'share of the tight crop of face recognition that is added on each side',
    from: 0,
    to: 2,
    default: 0.15,
  },
  'least-score': { description: 'least probability of a face', from: 0.01, to: 0.99, default: 0.5 },
} as const satisfies NumberOptions;

const several = ['largest', 'all', 'none'] as const;

/** Options of commands that cut out faces. */
export const faceArguments: ArgsDef = {
  ...declareNumbers(numberOptions),
  several: oneOf(several, 'which faces of a picture that has several', 'largest'),
};

/** A cropper on an engine of its own. */
export interface CliCropper extends FaceCropper {
  /** For `weakDataset`. */
  readonly cut: CropImage;
  close(): Promise<void>;
}

/**
 * Loads detector and landmarks from @vladmandic/face-api and starts WebAssembly for them.
 *
 * @throws PretrainedError where the package is missing.
 */
export async function cropFaces(args: Readonly<Record<string, unknown>>): Promise<CliCropper> {
  const numbers = readNumbers(numberOptions, args);
  const backend = await openBackend('wasm');
  try {
    const detector = await loadFaceDetector({ backend, leastScore: numbers['least-score'] });
    const cropper = faceCropper(detector, {
      size: numbers['face-size'],
      margin: numbers['face-margin'],
      several: readChoice('several', args['several'], several) ?? 'largest',
    });
    return {
      ...cropper,
      cut: async (image) => (await cropper.crop(image)).crops,
      async close() {
        await detector.close();
        await backend.close();
      },
    };
  } catch (error) {
    await backend.close();
    throw error;
  }
}
