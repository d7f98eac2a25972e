import type { Augmentation } from '@selfcure/core';

import { compose } from './compose.ts';
import { horizontalFlip } from './horizontal-flip.ts';
import { randomShift } from './random-shift.ts';

/**
 * The augmentation that the project's own measurements use for 48 x 48 faces: a shift of up to 4 pixels each way, then a
 * mirror image half of the time.
 *
 * @example await train({ ...rest, recipe: cure(), augmentation: faceAugmentation() });
 */
export function faceAugmentation(): Augmentation {
  return compose(randomShift({ pixels: 4 }), horizontalFlip({ probability: 0.5 }));
}
