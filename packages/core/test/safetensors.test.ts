import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../src/checkpoint/safetensors.ts';
import type { SafetensorsArray } from '../src/checkpoint/safetensors.ts';
import { CheckpointError } from '../src/errors.ts';

/** A file put together by hand from any header and data. */
function file(header: unknown, data: readonly number[] = [], length?: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}
const entry = (dtype: string, shape: unknown, begin: number, end: number): unknown => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const headerOf = (bytes: Uint8Array): { text: string; length: number } => {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return { text: new TextDecoder().decode(bytes.subarray(8, 8 + length)), length };
};

describe('encodeSafetensors', () => {
  it('writes the documented layout', () => {
    const bytes = encodeSafetensors(
      { b: { data: Uint8Array.of(7), shape: [] }, a: { data: Float32Array.of(1, -2), shape: [1, 2] } },
      { format: 'pt' },
    );
    const { text, length } = headerOf(bytes);
    expect(text.trimEnd()).toBe(
      '{"__metadata__":{"format":"pt"},' +
        '"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[],"data_offsets":[8,9]}}',
    );
    expect(length % 8).toBe(0);
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 7]);
  });

  it('does not depend on the order of names', () => {
    const arrays: [string, SafetensorsArray][] = [
      ['z', { data: Float32Array.of(1), shape: [1] }],
      ['10', { data: Float64Array.of(2), shape: [1] }],
      ['a', { data: BigInt64Array.of(-3n), shape: [1] }],
      ['9', { data: Float32Array.of(4), shape: [] }],
    ];
    const forward = encodeSafetensors(Object.fromEntries(arrays), { x: '1', 2: 'y' });
    const backward = encodeSafetensors(Object.fromEntries(arrays.toReversed()), { 2: 'y', x: '1' });
    expect(backward).toEqual(forward);
    expect(Object.keys(decodeSafetensors(forward).arrays).sort()).toEqual(['10', '9', 'a', 'z']);
  });

  it('refuses what the format cannot hold, by name', () => {
    const one = { data: Float32Array.of(1), shape: [1] };
    expect(() => encodeSafetensors({ w: { ...one, shape: [2] } })).toThrow(/'w' has 1 elements, its shape is \[2\]/);
    expect(() => encodeSafetensors({ w: { data: new Float32Array(4), shape: [-2, -2] } })).toThrow(CheckpointError);
    expect(() => encodeSafetensors({ __metadata__: one })).toThrow(/__metadata__/);
    expect(() => encodeSafetensors({ w: { data: [1] as unknown as Float32Array, shape: [1] } })).toThrow(/'w'/);
    expect(() => encodeSafetensors({}, { epoch: 3 as unknown as string })).toThrow(/metadata 'epoch' is a number/);
  });
});

describe('decodeSafetensors', () => {
  it('gives back what was encoded, from any place in memory', () => {
    const shape = fc.array(fc.nat(3), { maxLength: 3 });
    const array = fc.oneof(
      ...[Float32Array, Float64Array, Int8Array, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array].map(
        (type) =>
          shape.chain((sizes) => {
            const length = sizes.reduce((a, b) => a * b, 1);
            return fc
              .array(fc.oneof(fc.integer(), fc.double()), { minLength: length, maxLength: length })
              .map((values): SafetensorsArray => ({ data: type.from(values), shape: sizes }));
          }),
      ),
      fc
        .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
        .map((value) => ({ data: BigInt64Array.of(value), shape: [1] })),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => ({ data: BigUint64Array.of(value), shape: [] })),
    );
    const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', '7', 'conv1/filter', '"{', '\\'));
    const dictionary = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
      fc.array(fc.tuple(name, value), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs));
    fc.assert(
      fc.property(
        dictionary(array),
        dictionary(fc.string({ unit: 'binary' })),
        fc.nat(9),
        (arrays, metadata, offset) => {
          const bytes = encodeSafetensors(arrays, metadata);
          const memory = new Uint8Array(offset + bytes.length + 3).fill(0xee);
          memory.set(bytes, offset);
          const decoded = decodeSafetensors(memory.subarray(offset, offset + bytes.length));
          memory.fill(0xdd);
          expect(decoded.metadata).toEqual(metadata);
          expect(Object.keys(decoded.arrays).sort()).toEqual(Object.keys(arrays).sort());
          for (const [key, { data, shape: sizes }] of Object.entries(arrays)) {
            const got = Object.entries(decoded.arrays).find(([other]) => other === key)![1];
            expect(got.shape).toEqual(sizes);
            expect(got.data).toEqual(data);
          }
        },
      ),
    );
  });

  it('copies out of a Node buffer', () => {
    const bytes = Buffer.from(encodeSafetensors({ w: { data: Float32Array.of(1, 2), shape: [2] } }));
    const { data } = decodeSafetensors(bytes).arrays['w']!;
    bytes.fill(0);
    expect(data).toEqual(Float32Array.of(1, 2));
  });

  it('widens half-precision numbers exactly', () => {
    const halves = [0x0000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x3555, 0x3c00, 0xc000, 0x7bff, 0x7c00, 0xfc00, 0x7e00];
    const want = [0, -0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 1365 / 4096, 1, -2, 65504, Infinity, -Infinity, NaN];
    const bytes = file(
      { h: entry('F16', [12], 0, 24) },
      halves.flatMap((bits) => [bits & 255, bits >> 8]),
    );
    expect(decodeSafetensors(bytes).arrays['h']).toEqual({ data: Float32Array.from(want), shape: [12], dtype: 'F16' });
  });

  it('widens bfloat16 numbers exactly', () => {
    const bits = [0x0000, 0x8000, 0x3f80, 0xc049, 0x7f80, 0xff80, 0x7fc0, 0x0001];
    const want = [0, -0, 1, -3.140625, Infinity, -Infinity, NaN, 2 ** -133];
    const bytes = file(
      { b: entry('BF16', [2, 4], 0, 16) },
      bits.flatMap((word) => [word & 255, word >> 8]),
    );
    expect(decodeSafetensors(bytes).arrays['b']).toEqual({
      data: Float32Array.from(want),
      shape: [2, 4],
      dtype: 'BF16',
    });
  });

  it('reads booleans as 0 and 1', () => {
    expect(decodeSafetensors(file({ b: entry('BOOL', [2], 0, 2) }, [0, 1])).arrays['b']?.data).toEqual(
      Uint8Array.of(0, 1),
    );
    expect(() => decodeSafetensors(file({ b: entry('BOOL', [1], 0, 1) }, [2]))).toThrow(/'b' of BOOL/);
  });

  it('takes an empty file and arrays without elements', () => {
    expect(decodeSafetensors(file('{}   '))).toEqual({ arrays: {}, metadata: {} });
    const empty = { a: entry('F32', [0, 3], 0, 0), b: entry('U8', [1], 0, 1), c: entry('F32', [0], 1, 1) };
    expect(Object.keys(decodeSafetensors(file(empty, [5])).arrays)).toEqual(['a', 'b', 'c']);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /0 bytes/],
    ['half a length', new Uint8Array(7), /7 bytes/],
    ['a header longer than the file', file('{}', [], 3), /header has 3 bytes, the file 10/],
    ['an absurd header length', file('{}', [], 2 ** 40), /1099511627776 bytes/],
    ['text', new TextEncoder().encode('# Notes about this run\n'), /safetensors file\?/],
    ['a header that is no JSON', file('{"a":'), /no JSON/],
    ['a header that is no UTF-8', file('{"a":"\ud800"}').map((byte) => (byte === 0xef ? 0xff : byte)), /no JSON/],
    ['a header that is a list', file([]), /no JSON object/],
    ['metadata that is no text', file({ __metadata__: { epoch: 3 } }), /'epoch'/],
    ['metadata that is a list', file({ __metadata__: [] }), /__metadata__/],
    ['an entry that is no object', file({ w: 3 }), /'w' has no description/],
    ['an unknown element type', file({ w: entry('F8_E4M3', [1], 0, 1) }, [0]), /'w' has the element type "F8_E4M3"/],
    ['a name of the prototype as type', file({ w: entry('toString', [1], 0, 1) }, [0]), /'w' has the element type/],
    ['a shape that is none', file({ w: entry('U8', [1.5], 0, 1) }, [0]), /'w' has the shape/],
    ['a negative size', file({ w: entry('U8', [-1, -1], 0, 1) }, [0]), /'w' has the shape/],
    ['offsets that run backwards', file({ w: entry('U8', [0], 1, 0) }, [0]), /'w' has the data_offsets/],
    [
      'three offsets',
      file({ w: { dtype: 'U8', shape: [1], data_offsets: [0, 1, 2] } }, [0]),
      /'w' has the data_offsets/,
    ],
    ['a shape of another size', file({ w: entry('F32', [2], 0, 4) }, [0, 0, 0, 0]), /'w' has 4 bytes.*needs 8/],
    ['an array beyond the end', file({ w: entry('U8', [4], 0, 4) }, [0, 0, 0]), /'w' ends at byte 4.*there are 3/],
    [
      'an overlap',
      file({ v: entry('U8', [2], 0, 2), w: entry('U8', [2], 1, 3) }, [0, 0, 0]),
      /'w' at \[1, 3\] overlaps 'v'/,
    ],
    [
      'two arrays at one place',
      file({ v: entry('U8', [2], 0, 2), w: entry('U8', [2], 0, 2) }, [0, 0]),
      /'w'.*overlaps 'v'/,
    ],
    ['a gap', file({ v: entry('U8', [1], 0, 1), w: entry('U8', [1], 2, 3) }, [0, 0, 0]), /1 to 2.*before array 'w'/],
    ['a gap at the start', file({ w: entry('U8', [1], 1, 2) }, [0, 0]), /0 to 1.*before array 'w'/],
    ['data without an array', file({ w: entry('U8', [1], 0, 1) }, [0, 0]), /1 bytes after array 'w'/],
    ['data without any array', file({}, [0]), /1 bytes after the header/],
    [
      'one name twice',
      file(
        '{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0077" : {"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
        [0],
      ),
      /two entries 'w'/,
    ],
    [
      'one field twice',
      file('{"w":{"dtype":"I8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', [0]),
      /two entries 'dtype'/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(message);
    expect(() => decodeSafetensors(bytes)).toThrow(CheckpointError);
  });

  it('refuses every file that is cut off', () => {
    const bytes = encodeSafetensors({
      a: { data: Float32Array.of(1, 2), shape: [2] },
      b: { data: Int32Array.of(3), shape: [1] },
    });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSafetensors(bytes.subarray(0, length)), `${length} bytes`).toThrow(CheckpointError);
    }
  });

  it('takes names that look like JSON for what they are', () => {
    const arrays = { 'a":{"a"': { data: Uint8Array.of(1), shape: [1] }, a: { data: Uint8Array.of(2), shape: [1] } };
    expect(Object.keys(decodeSafetensors(encodeSafetensors(arrays)).arrays).sort()).toEqual(Object.keys(arrays).sort());
  });
});
