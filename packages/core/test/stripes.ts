import { randomStream } from '@selfcure/core';
import type { Dataset } from '@selfcure/core';

/** Noisy images of 12 x 12: one of four halves is bright. A share of the labels is wrong. */
export function stripes({
  samples = 96,
  noise = 0.3,
  seed = 1,
}: { samples?: number; noise?: number; seed?: number } = {}): Dataset & { truth: Int32Array } {
  const size = 12;
  const stream = randomStream({ seed, purpose: 'stripes' });
  const truth = Int32Array.from({ length: samples }, () => stream.integer(4));
  const labels = truth.map((label) => (stream.uniform() < noise ? (label + 1 + stream.integer(3)) % 4 : label));
  const images = Uint8Array.from({ length: samples * size * size }, (_, i) => {
    const label = truth[Math.floor(i / (size * size))]!;
    const position = label & 1 ? i % size : Math.floor(i / size) % size;
    const bright = position < size / 2 === ((label & 2) !== 0);
    return Math.min(255, Math.max(0, (bright ? 160 : 90) + 30 * stream.normal()));
  });
  return {
    name: 'stripes',
    size: samples,
    classes: ['top', 'left', 'bottom', 'right'],
    shape: [size, size, 1],
    labels,
    truth,
    fingerprint: `stripes-${samples}-${noise}-${seed}`,
    read: (ids) => {
      const pixels = new Uint8Array(ids.length * size * size);
      for (let i = 0; i < ids.length; i++)
        pixels.set(images.subarray(ids[i]! * size * size, (ids[i]! + 1) * size * size), i * size * size);
      return pixels;
    },
  };
}
