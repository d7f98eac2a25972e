import { createHash } from 'node:crypto';

import { DataError, defaultFaceKnobs, expressionNames, facesDataset } from '@selfcure/data';
import type { FacesOptions } from '@selfcure/data';
import { describe, expect, test } from 'vitest';

const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const bytes = (options: FacesOptions): Uint8Array => {
  const data = facesDataset(options);
  return data.read(ids(data.size));
};
const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

describe('determinism', () => {
  test('pixels are the same on every machine and in every engine', () => {
    const digest = createHash('sha256')
      .update(bytes({ samples: 56, seed: 1 }))
      .digest('hex');
    expect(digest).toBe('3db409363b84e785c499d9c7c835ec6c33fa04bbae326531a07f175807b2e37e');
  });

  test('a sample depends on seed and id alone: not on order, batch, cache or the size of the set', () => {
    const whole = bytes({ samples: 20, seed: 4 });
    const at = (id: number): Uint8Array => whole.subarray(id * 2304, (id + 1) * 2304);
    const longer = facesDataset({ samples: 33, seed: 4, cache: false });
    expect([...longer.labels.subarray(0, 20)]).toEqual([...facesDataset({ samples: 20, seed: 4 }).labels]);
    expect(longer.read([7, 19, 7])).toEqual(Uint8Array.from([...at(7), ...at(19), ...at(7)]));
    const again = facesDataset({ samples: 20, seed: 4 });
    expect(again.read([3])).toEqual(at(3));
    again.read([3]).fill(0); // what is read is the reader's own
    expect(again.read([3])).toEqual(at(3));
  });

  test('another seed gives other faces', () => {
    expect(bytes({ samples: 7, seed: 1 })).not.toEqual(bytes({ samples: 7, seed: 2 }));
  });

  test('the fingerprint changes with every option that changes a pixel or a label, and with no other', () => {
    const base: FacesOptions = { samples: 14, seed: 1 };
    const changes: Partial<FacesOptions>[] = [
      { samples: 15 },
      { seed: 2 },
      { size: 32 },
      { balance: 'fer' },
      { intensity: [0.5, 1] },
      { blend: 0 },
      { occlusion: 0.5 },
      { blur: [0, 0] },
      { noise: [0, 0] },
      { pose: 0 },
      { identity: 0 },
      { light: 0 },
    ];
    const prints = changes.map((change) => facesDataset({ ...base, ...change }).fingerprint);
    expect(new Set([facesDataset(base).fingerprint, ...prints]).size).toBe(changes.length + 1);
    expect(facesDataset({ ...base, ...defaultFaceKnobs, cache: false }).fingerprint).toBe(
      facesDataset(base).fingerprint,
    );
  });
});

describe('labels', () => {
  test('are the truth, in the published order of FER2013', () => {
    const data = facesDataset({ samples: 30, seed: 2 });
    expect(data.classes).toEqual(['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral']);
    expect(data.shape).toEqual([48, 48, 1]);
    expect([...data.truth]).toEqual([...data.labels]);
    expect(data.truth).not.toBe(data.labels);
    for (const id of ids(30)) expect(data.face(id).label).toBe(data.labels[id]);
  });

  test('even balance: every seven samples hold each expression once', () => {
    const { labels } = facesDataset({ samples: 73, seed: 2 });
    for (let start = 0; start + 7 <= 73; start += 7)
      expect([...labels.subarray(start, start + 7)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect([...labels.subarray(0, 7)]).not.toEqual([...labels.subarray(7, 14)]);
  });

  test('weights, and the shares of FER2013', () => {
    const share = (balance: FacesOptions['balance'], label: number): number =>
      mean(
        facesDataset({ samples: 3000, seed: 5, ...(balance && { balance }) })
          .labels.map((own) => Number(own === label))
          .slice(),
      );
    expect(Math.abs(share('fer', 3) - 7215 / 28709)).toBeLessThan(0.032);
    expect(Math.abs(share('fer', 1) - 436 / 28709)).toBeLessThan(0.009);
    expect(Math.abs(share([0, 0, 0, 1, 0, 0, 3], 6) - 0.75)).toBeLessThan(0.032);
    expect(share([0, 0, 0, 1, 0, 0, 3], 0)).toBe(0);
  });
});

describe('ambiguity', () => {
  test('lies in [0, 1] and rises with weaker expressions, occlusion and blur', () => {
    const of = (options: Partial<FacesOptions>): number => {
      const { ambiguity } = facesDataset({ samples: 350, seed: 3, ...options });
      expect(ambiguity.every((value) => value >= 0 && value <= 1)).toBe(true);
      return mean(ambiguity);
    };
    const plain = { intensity: [1, 1], blend: 0, occlusion: 0, blur: [0, 0] } as const;
    expect(of(plain)).toBe(0);
    expect(of({ ...plain, intensity: [0.2, 0.4] })).toBeGreaterThan(of({ ...plain, intensity: [0.6, 0.8] }));
    expect(of({ ...plain, blend: 0.5 })).toBeGreaterThan(0.05);
    expect(of({ ...plain, occlusion: 1 })).toBeGreaterThan(of({ ...plain, occlusion: 0.3 }));
    expect(of({ ...plain, blur: [3, 3] })).toBeGreaterThan(of({ ...plain, blur: [1, 1] }));
    expect(of({ ...plain, intensity: [0, 0] })).toBe(1);
  });

  test('counts only what hides brows, eyes or mouth', () => {
    const data = facesDataset({ samples: 400, seed: 8, occlusion: 1 });
    const faces = ids(400).map((id) => data.face(id));
    expect(new Set(faces.map((face) => face.occluder?.kind))).toEqual(new Set(['glasses', 'bar', 'hand']));
    const hands = faces.filter((face) => face.occluder?.kind === 'hand');
    expect(mean(hands.map((face) => face.hidden))).toBeGreaterThan(0.2);
    const clear = faces.filter((face) => face.occluder?.kind === 'glasses' && face.occluder.tint === 0);
    for (const face of clear) expect(face.hidden).toBe(0);
    expect(facesDataset({ samples: 50, seed: 8, occlusion: 0 }).face(3).occluder).toBeUndefined();
  });
});

describe('pixels', () => {
  test('knobs at rest draw one person: faces differ by their expression alone', () => {
    const still = {
      intensity: [1, 1],
      blend: 0,
      occlusion: 0,
      blur: [0, 0],
      noise: [0, 0],
      pose: 0,
      identity: 0,
      light: 0,
    } as const;
    const data = facesDataset({ samples: 70, seed: 1, ...still });
    const units = ids(70)
      .filter((id) => data.labels[id] === 6)
      .map((id) => JSON.stringify(data.face(id).look.units));
    expect(new Set(units).size).toBe(1);
  });

  test('any size draws the same scene', () => {
    const still = { blur: [0, 0], noise: [0, 0] } as const;
    const small = bytes({ samples: 4, seed: 6, ...still });
    const large = bytes({ samples: 4, seed: 6, size: 96, ...still });
    let difference = 0;
    for (let k = 0; k < small.length; k++) {
      const image = Math.floor(k / 2304) * 9216;
      const y = Math.floor((k % 2304) / 48) * 2;
      const x = (k % 48) * 2;
      const block = [0, 1, 96, 97].map((step) => large[image + y * 96 + x + step]!);
      difference += Math.abs(mean(block) - small[k]!);
    }
    expect(difference / small.length).toBeLessThan(4);
  });

  test('expressions can be told apart by a plain classifier, strong ones better than weak ones', () => {
    // Nearest class mean of the middle of still, frontal faces at equal brightness and contrast; chance is 1/7.
    const accuracy = (intensity: readonly [number, number]): number => {
      const still = { blend: 0, occlusion: 0, noise: [0, 2], pose: 0, light: 0, identity: 0.5, intensity } as const;
      const [train, trial] = [1, 2].map((seed) => {
        const data = facesDataset({ samples: 420, seed, ...still });
        const crops = ids(420).map((id) => {
          const image = data.read([id]);
          const crop = ids(28 * 26).map((k) => image[(12 + Math.floor(k / 26)) * 48 + 11 + (k % 26)]!);
          const middle = mean(crop);
          const spread = Math.sqrt(mean(crop.map((value) => (value - middle) ** 2)));
          return crop.map((value) => (value - middle) / spread);
        });
        return { labels: data.labels, crops };
      });
      const means = Array.from(expressionNames, (_, label) => {
        const own = train!.crops.filter((_crop, id) => train!.labels[id] === label);
        return own[0]!.map((_value, k) => mean(own.map((crop) => crop[k]!)));
      });
      const right = trial!.crops.filter((crop, id) => {
        const away = means.map((own) => own.reduce((sum, value, k) => sum + (value - crop[k]!) ** 2, 0));
        return away.indexOf(Math.min(...away)) === trial!.labels[id];
      });
      return right.length / 420;
    };
    const strong = accuracy([0.9, 1]);
    const weak = accuracy([0.1, 0.3]);
    expect(strong).toBeGreaterThan(0.9);
    expect(strong).toBeGreaterThan(weak + 0.3);
  });
});

test.each([
  ['samples', { samples: 0 }],
  ['seed', { seed: 1.5 }],
  ['size', { size: 8 }],
  ['intensity', { intensity: [0.9, 0.1] as const }],
  ['blur[1]', { blur: [0, 11] as const }],
  ['occlusion', { occlusion: 1.1 }],
  ['balance', { balance: [1, 2, 3] }],
  ['balance', { balance: [0, 0, 0, 0, 0, 0, 0] }],
])('refuses a bad %s', (source, change) => {
  try {
    facesDataset({ samples: 7, seed: 1, ...change });
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ source });
    return;
  }
  throw new Error('nothing was refused');
});

test('refuses ids that are no samples', () => {
  const data = facesDataset({ samples: 7, seed: 1 });
  expect(() => data.read([7])).toThrow(/sample id 7/);
  expect(() => data.face(-1)).toThrow(/sample id -1/);
});
