import { createHash } from 'node:crypto';

import { arrayDataset, DataError } from '@selfcure/data';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { sha256 } from '../src/set/sha-256.ts';

const small = {
  images: Uint8Array.from({ length: 24 }, (_, i) => i),
  labels: [0, 1],
  classes: ['cat', 'dog'],
  shape: [2, 2, 3],
} as const;

describe('arrayDataset', () => {
  test('reads images in the order asked for, from one array or many', () => {
    const one = arrayDataset(small);
    const many = arrayDataset({ ...small, images: [small.images.slice(0, 12), small.images.slice(12)] });
    for (const data of [one, many]) {
      expect([...(data.read([1, 0, 1]) as Uint8Array)]).toEqual(
        [1, 0, 1].flatMap((id) => [...small.images.subarray(id * 12, id * 12 + 12)]),
      );
      expect(data).toMatchObject({ name: 'array', size: 2, classes: ['cat', 'dog'], shape: [2, 2, 3] });
    }
    expect(many.fingerprint).toBe(one.fingerprint);
  });

  test('what is read is a copy, and labels are too', () => {
    const labels = Int32Array.of(0, 1);
    const data = arrayDataset({ ...small, labels });
    (data.read([0]) as Uint8Array).fill(99);
    labels[0] = 1;
    expect(small.images[0]).toBe(0);
    expect(data.labels[0]).toBe(0);
  });

  test('the fingerprint changes with any pixel, label, class name or shape, and with nothing else', () => {
    const base = arrayDataset(small).fingerprint;
    fc.assert(
      fc.property(fc.nat(23), fc.integer({ min: 1, max: 255 }), (at, step) => {
        const images = small.images.slice();
        images[at] = (images[at]! + step) % 256;
        expect(arrayDataset({ ...small, images }).fingerprint).not.toBe(base);
      }),
      { seed: 1, numRuns: 50 },
    );
    expect(arrayDataset({ ...small, labels: [1, 1] }).fingerprint).not.toBe(base);
    expect(arrayDataset({ ...small, classes: ['cat', 'cow'] }).fingerprint).not.toBe(base);
    expect(arrayDataset({ ...small, shape: [1, 4, 3] }).fingerprint).not.toBe(base);
    expect(arrayDataset({ ...small, name: 'other', truth: [0, -1] }).fingerprint).toBe(base);
  });

  test('optional columns', () => {
    const data = arrayDataset({
      ...small,
      classes: 3,
      truth: [2, -1],
      verified: [-1, 1],
      soft: [1, 0, 0, 0.25, 0.5, 0.25],
      ambiguity: [0, 0.5],
      groups: [0, 0],
    });
    expect(data.classes).toEqual(['0', '1', '2']);
    expect([...data.truth!, ...data.verified!, ...data.soft!, ...data.ambiguity!, ...data.groups!]).toEqual([
      2, -1, -1, 1, 1, 0, 0, 0.25, 0.5, 0.25, 0, 0.5, 0, 0,
    ]);
    expect(arrayDataset(small).truth).toBeUndefined();
    expect('soft' in arrayDataset(small)).toBe(false);
  });

  test.each([
    ['bad-length', 'images', { images: new Uint8Array(23) }],
    ['bad-length', 'images[1]', { images: [new Uint8Array(12), new Uint8Array(11)] }],
    ['bad-label', 'labels', { labels: [0, 2] }],
    ['bad-label', 'labels', { labels: [0, -1] }],
    ['bad-label', 'truth', { truth: [0, 0.5] }],
    ['bad-length', 'verified', { verified: [0] }],
    ['bad-label', 'soft', { soft: [1, 0, 0.5, 0.4] }],
    ['bad-option', 'ambiguity', { ambiguity: [0, 1.5] }],
    ['bad-option', 'classes', { classes: ['cat', 'cat'] }],
    ['bad-sample', 'groups', { groups: [0, 2] }],
    ['bad-option', 'shape (width)', { shape: [2, 0, 3] as const }],
  ])('refuses: %s in %s', (code, source, change) => {
    try {
      arrayDataset({ ...small, ...change } as Parameters<typeof arrayDataset>[0]);
    } catch (error) {
      expect(error).toBeInstanceOf(DataError);
      expect(error).toMatchObject({ code, source });
      expect((error as Error).message).toContain(source);
      return;
    }
    throw new Error('nothing was refused');
  });

  test('refuses ids that are no samples', () => {
    for (const id of [-1, 2, 0.5]) expect(() => arrayDataset(small).read([id])).toThrow(/sample id/);
  });
});

test('SHA-256 agrees with Node for all lengths and ways of feeding it', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 6 }), (chunks) => {
      const ours = sha256();
      const theirs = createHash('sha256');
      for (const chunk of chunks) {
        ours.update(chunk);
        theirs.update(chunk);
      }
      expect(ours.hex()).toBe(theirs.digest('hex'));
    }),
    { seed: 1, numRuns: 300 },
  );
});
