export type { Augmentation, AugmentationKey, Dataset } from './data/dataset.ts';
export { philox } from './random/philox.ts';
export type { Block } from './random/philox.ts';
export { portableCos, portableExp, portableLog, portablePow, portableSin } from './random/portable-math.ts';
export { randomStream } from './random/stream.ts';
export type { RandomStream, StreamKey } from './random/stream.ts';
