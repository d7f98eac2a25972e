/** Arrays that the suite runs on: the same for the same seed on every machine, and exact in float32. */
import { randomStream } from '@selfcure/core';
import { sizeOf } from '@selfcure/tensor';
import type { DType, NumericArray, Shape } from '@selfcure/tensor';

/** One array with its shape and element type. */
export interface Values {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: NumericArray;
}

type Draw = (stream: ReturnType<typeof randomStream>) => number;

function filled(shape: Shape, seed: number, draw: Draw): Values {
  const stream = randomStream({ seed, purpose: `conformance/${shape.join('x')}` });
  return { shape, dtype: 'f32', data: Float32Array.from({ length: sizeOf(shape) }, () => draw(stream)) };
}

/** Normal deviates. */
export const normal = (shape: Shape, seed: number, scale = 1, offset = 0): Values =>
  filled(shape, seed, (stream) => offset + scale * stream.normal());

/** Numbers in [low, high). */
export const between = (shape: Shape, seed: number, low: number, high: number): Values =>
  filled(shape, seed, (stream) => low + (high - low) * stream.uniform());

/** Multiples of 1/4 in [low, high]: ties and zeros are common, and exact. */
export const lattice = (shape: Shape, seed: number, low = -1, high = 1): Values =>
  filled(shape, seed, (stream) => low + stream.integer(4 * (high - low) + 1) / 4);

/** Row numbers below a bound, as int32; repetitions are common. */
export function indices(shape: Shape, seed: number, bound: number): Values {
  const stream = randomStream({ seed, purpose: 'conformance/indices' });
  return { shape, dtype: 'i32', data: Int32Array.from({ length: sizeOf(shape) }, () => stream.integer(bound)) };
}

/** Given numbers. */
export const given = (shape: Shape, numbers: readonly number[]): Values => ({
  shape,
  dtype: 'f32',
  data: Float32Array.from(numbers),
});
