import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';

/** What tests use of face-api's own nets. */
export interface FaceApiNet {
  loadFromWeightMap(weights: tf.NamedTensorMap): void;
  params: Record<string, unknown>;
}

/** face-api's own library with TensorFlow.js' plain JavaScript kernels: an implementation that shares nothing with ours. */
export interface FaceApi {
  FaceRecognitionNet: new () => FaceApiNet & { computeFaceDescriptor(input: tf.Tensor3D): Promise<Float32Array> };
  SsdMobilenetv1: new () => FaceApiNet & {
    forward(input: tf.Tensor3D): Promise<{ boxes: tf.Tensor2D[]; scores: tf.Tensor1D[] }>;
  };
  FaceLandmark68Net: new () => FaceApiNet & {
    detectLandmarks(input: tf.Tensor3D): Promise<{ relativePositions: { x: number; y: number }[] }>;
  };
}

const require = createRequire(import.meta.url);

/** Folder of the package. */
export const faceApiFolder: string = dirname(require.resolve('@vladmandic/face-api/package.json'));

/** Loads the library; it asks for all of TensorFlow.js, of which the tests have the core. */
export async function loadFaceApi(): Promise<FaceApi> {
  const prototype = tf.Tensor.prototype as unknown as Record<string, unknown>;
  const operations = tf as unknown as Record<string, (...inputs: unknown[]) => unknown>;
  for (const name of ['div', 'mean', 'mul', 'sub', 'add', 'reshape', 'cast', 'expandDims', 'slice', 'transpose']) {
    prototype[name] ??= function (this: tf.Tensor, ...rest: unknown[]) {
      return operations[name]!(this, ...rest);
    };
  }
  for (const name of ['as1D', 'as2D', 'as3D', 'as4D']) {
    prototype[name] ??= function (this: tf.Tensor, ...shape: number[]) {
      return tf.reshape(this, name === 'as1D' ? [this.size] : shape);
    };
  }
  await tf.setBackend('cpu');
  const module = { exports: {} };
  const text = readFileSync(join(faceApiFolder, 'dist/face-api.node-wasm.js'), 'utf8');
  const provide = (name: string): unknown =>
    name === '@tensorflow/tfjs' ? tf : name === '@tensorflow/tfjs-backend-wasm' ? {} : require(name);
  new Function('require', 'module', 'exports', text)(provide, module, module.exports);
  return module.exports as FaceApi;
}

/** Gives a net of the library its weights, decoded by TensorFlow.js. */
export function loadNet<T extends FaceApiNet>(net: T, name: string): T {
  const [list] = JSON.parse(readFileSync(join(faceApiFolder, `model/${name}-weights_manifest.json`), 'utf8'));
  const bytes = readFileSync(join(faceApiFolder, `model/${name}.bin`));
  net.loadFromWeightMap(tf.io.decodeWeights(Uint8Array.from(bytes).buffer, list.weights));
  return net;
}

/** Pixels 0 to 255 that look like a smooth picture with some noise: [height, width, 3]. */
export function picture(height: number, width: number, seed: number): Uint8Array {
  const pixels = new Uint8Array(height * width * 3);
  for (let i = 0; i < pixels.length; i++) {
    const [x, y, c] = [(Math.floor(i / 3) % width) / width, Math.floor(i / 3 / width) / height, i % 3];
    pixels[i] = 128 + 80 * Math.sin(9 * x + 4 * c + seed) * Math.cos(7 * y - c) + ((i * 7919 + seed * 31) % 41);
  }
  return pixels;
}
