import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OptionError, ce, evaluate, randomStream, scn, train } from '@selfcure/core';
import type { Dataset, Model } from '@selfcure/core';
import {
  PretrainedError,
  extractFeatures,
  featureDataset,
  featureModel,
  foldFeatureHead,
  modelByName,
} from '@selfcure/models';
import type { PretrainedModel } from '@selfcure/models';
import { featureCache } from '@selfcure/models/node';
import { reference } from '@selfcure/reference';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromHalfBits, halfBits } from '../src/feature/half.ts';

/** Random 2 x 2 pictures whose class is whether the left column is the brighter one; image 5 equals image 3. */
function pictures(size: number, seed = 1): Dataset {
  const { uniform } = randomStream({ seed, purpose: 'pictures' });
  const pixels = Uint8Array.from({ length: size * 4 }, () => Math.floor(256 * uniform()));
  if (size > 5) pixels.copyWithin(20, 12, 16);
  const labels = Int32Array.from({ length: size }, (_, i) =>
    pixels[4 * i]! + pixels[4 * i + 2]! > pixels[4 * i + 1]! + pixels[4 * i + 3]! ? 1 : 0,
  );
  return {
    name: 'pictures',
    size,
    classes: ['right', 'left'],
    shape: [2, 2, 1],
    labels,
    truth: labels,
    fingerprint: `pictures ${size} ${seed}`,
    read: (ids) => Uint8Array.from(Array.from(ids).flatMap((id) => [...pixels.subarray(4 * id, 4 * id + 4)])),
  };
}

/** Features [3 p0 - p1, p2, p3 - 1, 7] of pixels / 255: small enough to check by hand. */
const matrix = [3, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
const offset = [0, 0, -1, 7];
const tiny: Model = {
  name: 'tiny',
  options: {},
  inputShape: [2, 2, 1],
  classes: 2,
  apply(ops, images) {
    const weights = ops.parameter('weights', [4, 4], { kind: 'constant', value: 0 });
    const bias = ops.parameter('bias', [4], { kind: 'constant', value: 0 });
    return ops.add(ops.matmul(ops.reshape(images, [images.shape[0]!, 4]), weights), bias);
  },
};
const backbone: PretrainedModel = {
  model: tiny,
  initialWeights: { weights: Float32Array.from(matrix), bias: Float32Array.from(offset) },
  normalization: { mean: 0, standardDeviation: 255 },
  version: 'tiny 1',
};

async function byHand(data: Dataset): Promise<number[][]> {
  const pixels = await data.read(Int32Array.from({ length: data.size }, (_, i) => i));
  return Array.from({ length: data.size }, (_, i) => {
    const [a, b, c, d] = [...pixels.subarray(4 * i, 4 * i + 4)].map((pixel) => pixel / 255) as [
      number,
      number,
      number,
      number,
    ];
    return [3 * a - b, c, d - 1, 7];
  });
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'features-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('extractFeatures', () => {
  it('runs the backbone over every image, the last batch too', async () => {
    const data = pictures(11);
    const { values, length, cached } = await extractFeatures({ backend: reference(), backbone, data, batchSize: 4 });
    expect([length, cached]).toEqual([4, 0]);
    (await byHand(data)).flat().forEach((want, i) => expect(values[i]).toBeCloseTo(want, 6));
  });

  it('keeps features between runs, by pixels and not by place, and gives the same bits found or computed', async () => {
    const data = pictures(11);
    const options = { backend: reference(), backbone, batchSize: 4, cache: featureCache(folder) };
    const first = await extractFeatures({ ...options, data });
    const second = await extractFeatures({ ...options, data });
    expect(second.cached).toBe(11);
    expect(second.values).toEqual(first.values);
    (await byHand(data)).flat().forEach((want, i) => expect(first.values[i]).toBeCloseTo(want, 2));

    const ids = [7, 0, 3];
    const some = {
      ...data,
      size: 3,
      read: (wanted: ArrayLike<number>) => data.read(Array.from(wanted, (id) => ids[id]!)),
    };
    const third = await extractFeatures({ ...options, data: some });
    expect(third.cached).toBe(3);
    expect([...third.values]).toEqual(ids.flatMap((id) => [...first.values.subarray(4 * id, 4 * id + 4)]));
  });

  it('is shared by processes that write at once', async () => {
    const key = { version: 'shared', length: 2 };
    const image = (value: number): Uint8Array => Uint8Array.of(value, value, value);
    const [one, other] = [await featureCache(folder).open(key), await featureCache(folder).open(key)];
    await one.add([image(1)], [Float32Array.of(1, 1)]);
    await other.add([image(2), image(3)], [Float32Array.of(2, 2), Float32Array.of(3, 3)]);
    await one.add([image(4)], [Float32Array.of(4, 4)]);
    const found = async (store: typeof one) => (await store.find([1, 2, 3, 4].map(image))).map((row) => row && row[0]);
    expect(await found(one)).toEqual([1, 2, 3, 4]);
    expect(await found(other)).toEqual([1, 2, 3, null]);
    await Promise.all([one.close(), other.close()]);
    const later = await featureCache(folder).open(key);
    expect(await found(later)).toEqual([1, 2, 3, 4]);
    await later.close();
  });

  it('computes anew for another version of the backbone', async () => {
    const options = { backend: reference(), data: pictures(6), cache: featureCache(folder) };
    await extractFeatures({ ...options, backbone });
    expect((await extractFeatures({ ...options, backbone: { ...backbone, version: 'tiny 2' } })).cached).toBe(0);
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('drops what a killed process wrote in part, refuses what is damaged', async () => {
    const options = { backend: reference(), backbone, data: pictures(11), batchSize: 4, cache: featureCache(folder) };
    const { values } = await extractFeatures(options);
    const path = join(folder, (await readdir(folder))[0]!);
    const whole = await readFile(path);
    const head = whole.indexOf('\n', whole.indexOf('{')) + 1;
    // 11 records, the twin of one image among them, of a hash, four halves and a check sum.
    expect(whole.length - head).toBe(11 * (32 + 8 + 4));

    for (const length of [whole.length - 1, whole.length - 50, head + 3, head, head - 5, 4, 0]) {
      await writeFile(path, whole.subarray(0, length));
      const again = await extractFeatures(options);
      expect(again.values).toEqual(values);
    }
    await writeFile(
      path,
      whole.map((byte, i) => (i === head + 40 ? byte ^ 1 : byte)),
    );
    await expect(extractFeatures(options)).rejects.toThrow(/is damaged at byte \d+\. Delete it/);
    await writeFile(
      path,
      whole.map((byte, i) => (i === 3 ? byte ^ 1 : byte)),
    );
    await expect(extractFeatures(options)).rejects.toMatchObject({ code: 'bad-cache' });
    await writeFile(path, 'short');
    await expect(extractFeatures(options)).rejects.toThrow(PretrainedError);
  });

  it('refuses images of another size', async () => {
    const data = { ...pictures(6), shape: [4, 1, 1] as const };
    await expect(extractFeatures({ backend: reference(), backbone, data })).rejects.toThrow(
      /4x1x1, model 'tiny' takes 2x2x1/,
    );
  });
});

describe('half precision', () => {
  it('rounds to the nearest number, ties to even, over every number and the midpoints between them', () => {
    let previous = -1;
    for (let bits = 0; bits < 0x7c00; bits++) {
      const value = fromHalfBits(bits);
      expect(value > previous || bits === 0).toBe(true);
      if (halfBits(value) !== bits || halfBits(-value) !== (bits | 0x8000)) expect.fail(`${bits} does not come back`);
      if (bits > 0) {
        const middle = (value + previous) / 2;
        if (halfBits(middle) !== (bits % 2 === 0 ? bits : bits - 1)) expect.fail(`the middle below ${bits}`);
        if (halfBits(middle + value * 1e-9) !== bits) expect.fail(`just above the middle below ${bits}`);
      }
      previous = value;
    }
    expect([halfBits(65519), halfBits(65520), halfBits(-Infinity)]).toEqual([0x7bff, 0x7c00, 0xfc00]);
    // IEEE 754 binary16, from its definition: 1/3 is 0x3555.
    expect([halfBits(1), halfBits(-2), halfBits(1 / 3), halfBits(2 ** -24)]).toEqual([0x3c00, 0xc000, 0x3555, 1]);
    expect(fromHalfBits(halfBits(NaN))).toBeNaN();
  });
});

describe('featureDataset and featureModel', () => {
  it('stores 256 levels between the least and greatest value, and clips to a given range', async () => {
    const data = pictures(11);
    const features = await extractFeatures({ backend: reference(), backbone, data });
    const set = featureDataset(data, features);
    expect([set.size, set.shape, set.labels, set.truth]).toEqual([11, [1, 1, 4], data.labels, data.truth]);
    const rows = await set.read([4, 0]);
    const hand = await byHand(data);
    for (const [row, id] of [4, 0].entries()) {
      for (const f of [0, 1, 2]) {
        const column = hand.map((one) => one[f]!);
        const [low, high] = [Math.min(...column), Math.max(...column)];
        expect(Math.abs(rows[row * 4 + f]! - (255 * (hand[id]![f]! - low)) / (high - low))).toBeLessThan(0.51);
      }
      expect(rows[row * 4 + 3]).toBe(0); // a feature that does not vary
    }

    const others = pictures(40, 2);
    const wide = await extractFeatures({ backend: reference(), backbone, data: others });
    const inRange = featureDataset(others, wide, { range: set.range });
    const bytes = await inRange.read(Array.from({ length: 40 }, (_, i) => i));
    const beyond = (await byHand(others)).flat().map((value, at) => value - set.range.high[at % 4]!);
    const above = beyond.flatMap((excess, at) => (excess > 1e-6 ? [at] : []));
    expect(above.length).toBeGreaterThan(0);
    for (const at of above) expect(bytes[at]).toBe(255);
    expect(inRange.fingerprint).not.toBe(featureDataset(others, wide).fingerprint);
    expect(() => featureDataset(others, features)).toThrow(OptionError);
  });

  it('is trained by every recipe; its head folds into one of the features themselves', async () => {
    const backend = reference();
    const data = pictures(64);
    const features = await extractFeatures({ backend, backbone, data });
    const set = featureDataset(data, features);
    const model = featureModel({ length: 4, classes: 2 });
    expect(modelByName(model.name, model.options as { length: number }).inputShape).toEqual([1, 1, 4]);
    for (const recipe of [ce(), scn()]) {
      const run = await train({ backend, model, recipe, data: set, epochs: 12, batchSize: 16 });
      const linear = await evaluate({ backend, model: run.model, data: set });
      expect(linear.accuracy).toBeGreaterThan(0.8);

      const head = foldFeatureHead(run.model, set.range);
      const whole = {
        ...run.model,
        model: tiny,
        normalization: backbone.normalization,
        weights: { ...backbone.initialWeights, ...head },
      };
      const { predictions } = await evaluate({ backend, model: whole, data });
      // The linear head saw features in 256 levels.
      predictions.probabilities.forEach((p, i) =>
        expect(Math.abs(p - linear.predictions.probabilities[i]!)).toBeLessThan(0.02),
      );
      predictions.importance?.forEach((a, i) =>
        expect(Math.abs(a - linear.predictions.importance![i]!)).toBeLessThan(0.02),
      );
    }
    expect(() => foldFeatureHead({ model: tiny } as never, set.range)).toThrow(/Pass a featureModel of 4/);
  });
});
