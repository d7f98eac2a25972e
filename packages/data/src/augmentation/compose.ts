import type { Augmentation } from '@selfcure/core';
import { randomStream } from '@selfcure/core';

/**
 * Applies augmentations one after another. Each draws from a seed of its own, so that the same augmentation twice makes
 * two independent choices.
 *
 * @example compose(randomShift({ pixels: 4 }), horizontalFlip(), randomErasing());
 */
export function compose(...steps: readonly Augmentation[]): Augmentation {
  return {
    name: steps.map((step) => step.name).join('+') || 'none',
    options: steps.map(({ name, options }) => ({ name, options: options ?? null })),
    apply(image, shape, key) {
      return steps.reduce((current, step, position) => {
        const seed = randomStream({ ...key, purpose: `augment/compose/${position}` }).uint32();
        return step.apply(current, shape, { ...key, seed });
      }, image);
    },
  };
}
