import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../src/errors.ts';
import { relabelQuality } from '../src/metric/relabel-quality.ts';

describe('relabelQuality', () => {
  it('leaves out what a person has verified', () => {
    const labels = { given: [0, 1, 1, 2], current: [0, 0, 2, 2], truth: [0, 0, 1, 2] };
    expect(relabelQuality({ ...labels, verified: [0, 1, 0, 1] })).toEqual(
      relabelQuality({ given: [0, 1], current: [0, 2], truth: [0, 1] }),
    );
    expect(() => relabelQuality({ ...labels, verified: [1] })).toThrow(/verified/);
  });
  it('counts every kind of change', () => {
    // right kept, right broken, wrong mended, wrong to wrong, wrong kept, unknown truth
    const quality = relabelQuality({
      given: [0, 0, 1, 1, 2, 1],
      current: [0, 1, 0, 2, 2, 0],
      truth: [0, 0, 0, 0, 0, -1],
      dropped: [1, 0, 0, 1, 1, 1],
    });
    expect(quality).toEqual({
      samples: 5,
      noiseBefore: 3 / 5,
      noiseAfter: 3 / 5,
      edits: 3,
      precision: 1 / 3,
      recall: 1 / 3,
      harm: 1 / 2,
      mended: 1,
      broken: 1,
      dropped: 3,
      droppedWrongShare: 2 / 3,
    });
  });

  it('is null where a share has no whole', () => {
    const none = { edits: 0, mended: 0, broken: 0, dropped: 0, precision: null, droppedWrongShare: null };
    const untouched = { given: [0, 1], current: [0, 1], truth: [0, 1] };
    expect(relabelQuality(untouched)).toEqual({
      ...none,
      samples: 2,
      noiseBefore: 0,
      noiseAfter: 0,
      recall: null,
      harm: 0,
    });
    expect(relabelQuality({ given: [1], current: [1], truth: [0] })).toMatchObject({ recall: 0, harm: null });
    const unknown = { given: [1], current: [0], truth: [-1] };
    expect(relabelQuality(unknown)).toEqual({
      ...none,
      samples: 0,
      noiseBefore: null,
      noiseAfter: null,
      recall: null,
      harm: null,
    });
  });

  it('noise after is noise before, less what was mended, plus what was broken', () => {
    const label = fc.nat(2);
    fc.assert(
      fc.property(fc.array(fc.tuple(label, label, label), { minLength: 1, maxLength: 40 }), (rows) => {
        const [given, current, truth] = [0, 1, 2].map((k) => Int32Array.from(rows, (row) => row[k]!)) as [
          Int32Array,
          Int32Array,
          Int32Array,
        ];
        const { noiseBefore, noiseAfter, mended, broken, samples } = relabelQuality({ given, current, truth });
        expect(noiseAfter! * samples).toBeCloseTo(noiseBefore! * samples - mended + broken, 9);
        expect(noiseAfter).toBeCloseTo(rows.filter(([, now, right]) => now !== right).length / samples, 12);
      }),
    );
  });

  it('refuses arrays of different lengths and labels that are none', () => {
    expect(() => relabelQuality({ given: [0], current: [0, 1], truth: [0] })).toThrow(
      /current has 2 elements, truth 1/,
    );
    expect(() => relabelQuality({ given: [0], current: [0], truth: [0], dropped: [] })).toThrow(OptionError);
    expect(() => relabelQuality({ given: [-1], current: [0], truth: [0] })).toThrow(/given\[0\] is -1/);
    expect(() => relabelQuality({ given: [0], current: [0], truth: [NaN] })).toThrow(OptionError);
  });
});
