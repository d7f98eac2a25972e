import { OptionError, normalize } from '@selfcure/core';
import { dlibFace, dlibNormalization, modelByName, resizeBilinear } from '@selfcure/models';
import { loadDlibFace } from '@selfcure/models/node';
import { trace } from '@selfcure/tensor';
import { wasm } from '@selfcure/wasm';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { loadFaceApi, loadNet, picture } from './face-api.ts';
import { parameterCount, run, traced } from './traced.ts';

/** The tensors of one convolution in face-api's net. */
interface ConvParams {
  conv: { filters: tf.Tensor4D; bias: tf.Tensor1D };
  scale: { weights: tf.Tensor1D; biases: tf.Tensor1D };
}
type BlockParams = { conv1: ConvParams; conv2: ConvParams };

/** The net up to conv128_2, in TensorFlow.js' own operations after face-api's source, with the mean over 2 x 2. */
function middleOf(params: Record<string, unknown>, pixels: Uint8Array): Float32Array {
  return tf.tidy(() => {
    const image = tf.tensor4d(Float32Array.from(pixels), [1, 150, 150, 3]);
    const conv = (
      x: tf.Tensor4D,
      { conv: { filters, bias }, scale }: ConvParams,
      stride: number,
      pad: 'same' | 'valid',
    ) => tf.add(tf.mul(tf.add(tf.conv2d(x, filters, stride, pad), bias), scale.weights), scale.biases) as tf.Tensor4D;
    const block = (x: tf.Tensor4D, name: string) => {
      const { conv1, conv2 } = params[name] as BlockParams;
      return tf.relu(tf.add(conv(tf.relu(conv(x, conv1, 1, 'same')), conv2, 1, 'same'), x)) as tf.Tensor4D;
    };
    const down = (x: tf.Tensor4D, name: string) => {
      const { conv1, conv2 } = params[name] as BlockParams;
      const pooled = tf.avgPool(x, 2, 2, 'valid');
      const wide = tf.concat([pooled, tf.zerosLike(pooled)], 3);
      return tf.relu(tf.add(conv(tf.relu(conv(x, conv1, 2, 'valid')), conv2, 1, 'same'), wide)) as tf.Tensor4D;
    };
    let x = tf.div(tf.sub(image, [122.782, 117.001, 104.298]), 255) as tf.Tensor4D;
    x = tf.maxPool(tf.relu(conv(x, params['conv32_down'] as ConvParams, 2, 'valid')), 3, 2, 'valid');
    for (const name of ['conv32_1', 'conv32_2', 'conv32_3']) x = block(x, name);
    x = down(x, 'conv64_down');
    for (const name of ['conv64_1', 'conv64_2', 'conv64_3']) x = block(x, name);
    x = down(x, 'conv128_down');
    for (const name of ['conv128_1', 'conv128_2']) x = block(x, name);
    return tf.avgPool(x, 2, 2, 'valid').dataSync() as Float32Array;
  });
}

function greatestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a, (value, i) => Math.abs(value - b[i]!)).reduce((x, y) => Math.max(x, y), 0);
}

describe('dlibFace', () => {
  it('computes what face-api computes: the descriptor and the middle layer, on two pictures', async () => {
    const { FaceRecognitionNet } = await loadFaceApi();
    const theirs = loadNet(new FaceRecognitionNet(), 'face_recognition_model');
    const backend = await wasm();
    try {
      for (const [until, length] of [
        ['fc', 128],
        ['conv128_2', 2048],
      ] as const) {
        const { model, initialWeights, normalization } = await loadDlibFace({ until });
        const graph = traced(model, 2);
        const state = await backend.createState(graph.state, initialWeights);
        const program = await backend.compile(graph);
        const pictures = [picture(150, 150, 1), picture(150, 150, 2)];
        const images = new Float32Array(2 * 150 * 150 * 3);
        pictures.forEach((pixels, i) => images.set(normalize(pixels, normalization), i * pixels.length));
        const { features } = await program.run(state, { images });
        for (const [i, pixels] of pictures.entries()) {
          const want =
            until === 'fc'
              ? await theirs.computeFaceDescriptor(tf.tensor3d(Float32Array.from(pixels), [150, 150, 3]))
              : middleOf(theirs.params, pixels);
          const got = features!.subarray(i * length, (i + 1) * length);
          expect(Math.max(...want)).toBeGreaterThan(0.1);
          expect(greatestDifference(got, want), `${until} of picture ${i}`).toBeLessThan(1e-4);
        }
      }
    } finally {
      await backend.close();
    }
  });

  it('takes small gray pictures as the same picture enlarged in RGB', async () => {
    const backend = await wasm();
    try {
      const gray = Uint8Array.from(
        { length: 48 * 48 },
        (_, i) => 128 + 90 * Math.sin((i % 48) / 5) * Math.cos(i / 400),
      );
      const small = await loadDlibFace({ size: 48, channels: 1 });
      const large = await loadDlibFace({ size: 150, channels: 3 });
      // PyTorch's and Pillow's rule, written out: pixel centres at halves, edges repeated.
      const enlarged = new Float32Array(150 * 150 * 3);
      const at = (position: number): [number, number, number] => {
        const inside = Math.min(47, Math.max(0, ((position + 0.5) * 48) / 150 - 0.5));
        const first = Math.floor(inside);
        return [first, Math.min(47, first + 1), inside - first];
      };
      for (let y = 0; y < 150; y++) {
        for (let x = 0; x < 150; x++) {
          const [[top, bottom, v], [left, right, h]] = [at(y), at(x)];
          const row = (r: number): number => gray[r * 48 + left]! * (1 - h) + gray[r * 48 + right]! * h;
          enlarged.fill((row(top) * (1 - v) + row(bottom) * v) / 255, (y * 150 + x) * 3, (y * 150 + x) * 3 + 3);
        }
      }
      const features = async (face: typeof small, images: Float32Array): Promise<ArrayLike<number>> => {
        const graph = traced(face.model, 1);
        const program = await backend.compile(graph);
        return (await program.run(await backend.createState(graph.state, face.initialWeights), { images }))[
          'features'
        ]!;
      };
      const got = await features(small, normalize(gray, dlibNormalization));
      expect(greatestDifference(got, await features(large, enlarged))).toBeLessThan(1e-4);
    } finally {
      await backend.close();
    }
  });

  it('has the published number of values and an end of 2048, 4096, 256 or 128 features', () => {
    const sizes = (['conv128_2', 'conv256_1', 'conv256_down_out', 'fc'] as const).map(
      (until) => traced(dlibFace({ until }), 1).outputs['features']!.shape,
    );
    expect(sizes).toEqual([
      [1, 2048],
      [1, 4096],
      [1, 256],
      [1, 128],
    ]);
    const graph = traced(dlibFace({ until: 'fc' }), 1);
    const biases = graph.state
      .filter(({ kind }) => kind === 'statistic')
      .reduce((sum, { shape }) => sum + shape[0]!, 0);
    expect(parameterCount(graph) + biases).toBe(5_614_592);
    expect(modelByName('dlib-face', { size: 48, channels: 1, until: 'fc' }).inputShape).toEqual([48, 48, 1]);
  });

  it('works at the smallest resolutions that it allows and refuses one less', () => {
    for (const [until, resolution] of [
      ['conv128_2', 39],
      ['conv256_1', 55],
      ['conv256_down_out', 103],
    ] as const) {
      const [, length] = traced(dlibFace({ until, size: resolution, resolution }), 1).outputs['features']!.shape;
      expect(length).toBeGreaterThanOrEqual(128);
      expect(() => dlibFace({ until, size: 20, resolution: resolution - 1 })).toThrow(OptionError);
    }
  });

  it('refuses options out of range', () => {
    expect(() => dlibFace({ channels: 2 })).toThrow(/channels is 2/);
    expect(() => dlibFace({ until: 'conv1' as 'fc' })).toThrow(/conv128_2, conv256_1/);
    expect(() => dlibFace({ size: 224 })).toThrow(/224 are larger than the resolution 150/);
  });
});

describe('resizeBilinear', () => {
  it('keeps a picture of the same size and interpolates linearly between pixel centres', async () => {
    const graph = trace((ops) => {
      const x = ops.input('x', [1, 2, 2, 2]);
      return { y: resizeBilinear(ops, x, [4, 2]), same: resizeBilinear(ops, x, [2, 2]) };
    });
    const x = Float64Array.of(0, 10, 1, 20, 4, 30, 5, 50);
    const { outputs } = await run(graph, {}, { x });
    expect([...outputs['same']!]).toEqual([...x]);
    const rows = [0, 0.25, 0.75, 1].map((v) => [0, 1, 2, 3].map((k) => x[k]! * (1 - v) + x[k + 4]! * v));
    expect([...outputs['y']!]).toEqual(rows.flat());
  });
});
