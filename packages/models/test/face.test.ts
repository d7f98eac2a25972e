import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OptionError } from '@selfcure/core';
import { portableDecoder } from '@selfcure/data/node';
import { faceCropper } from '@selfcure/models';
import type { Face, FaceDetector, Picture } from '@selfcure/models';
import { loadFaceDetector } from '@selfcure/models/node';
import { wasm } from '@selfcure/wasm';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeBoxes, intersection } from '../src/face/decode-boxes.ts';
import { alignment } from '../src/face/face-cropper.ts';
import { cutOut } from '../src/face/picture.ts';
import { detectorGraph, landmarkGraph } from '../src/face/ssd-face-detector.ts';
import { faceApiFolder, loadFaceApi, loadNet } from './face-api.ts';

type Engine = Awaited<ReturnType<typeof wasm>>;
let backend: Engine;
beforeAll(async () => void (backend = await wasm()));
afterAll(() => backend.close());

const photo = async (number: number): Promise<Picture> =>
  portableDecoder().decode(readFileSync(join(faceApiFolder, `demo/sample${number}.jpg`)), `sample${number}`);

describe('the nets of @vladmandic/face-api', () => {
  it('compute what its library computes: scores, boxes and landmarks', async () => {
    const faceApi = await loadFaceApi();
    const picture = await photo(6);
    const scale = picture.width / 512;
    const placement = { scaleX: scale, scaleY: scale, turn: 0, left: 0, top: 0 };
    const seen = cutOut(picture, placement, { width: 512, height: 512, outside: 'black' });
    const theirs = await loadNet(new faceApi.SsdMobilenetv1(), 'ssd_mobilenetv1_model').forward(
      tf.tensor3d(Float32Array.from(seen.data), [512, 512, 3]),
    );
    const outputs: Record<string, ArrayLike<number>> = {};
    // The detector itself, with an engine that keeps what its programs give.
    const watched: Engine = {
      ...backend,
      compile: async (graph) => {
        const program = await backend.compile(graph);
        return { ...program, run: async (state, inputs) => Object.assign(outputs, await program.run(state, inputs)) };
      },
    };
    const detector = await loadFaceDetector({ backend: watched });
    await detector.detect(seen);
    const wanted = theirs.scores[0]!.dataSync();
    expect(wanted.length).toBe(5118);
    wanted.forEach((score, i) => expect(Math.abs(score - outputs['scores']![i]!)).toBeLessThan(1e-4));
    const boxes = theirs.boxes[0]!.arraySync();
    const decoded = decodeBoxes(outputs as never, { side: 1, least: 0.3, overlap: 1 });
    expect(decoded.length).toBeGreaterThan(4);
    for (const { box, score } of decoded) {
      const [top, left, bottom, right] = boxes[wanted.findIndex((one) => Math.abs(one - score) < 1e-5)]!;
      const corners = [box.top, box.left, box.top + box.height, box.left + box.width];
      [top, left, bottom, right].forEach((value, i) => expect(corners[i]).toBeCloseTo(value!, 3));
    }

    const [{ box }] = (await detector.detect(seen)) as [Face];
    const side = Math.max(box.width, box.height);
    const [x, y] = [box.left + (box.width - side) / 2, box.top + (box.height - side) / 2];
    const around = { scaleX: side / 112, scaleY: side / 112, turn: 0, left: x, top: y };
    const face = cutOut(seen, around, { width: 112, height: 112 });
    const { relativePositions } = await loadNet(
      new faceApi.FaceLandmark68Net(),
      'face_landmark_68_model',
    ).detectLandmarks(tf.tensor3d(Float32Array.from(face.data), [112, 112, 3]));
    const [{ landmarks }] = (await detector.detect(seen)) as [Face];
    relativePositions.forEach((point, i) => {
      expect(Math.abs((landmarks[2 * i]! - x) / side - point.x)).toBeLessThan(1e-4);
      expect(Math.abs((landmarks[2 * i + 1]! - y) / side - point.y)).toBeLessThan(1e-4);
    });
    await detector.close();
  });

  it('find every face on the photos of the package, and none that is not there', async () => {
    const detector = await loadFaceDetector({ backend });
    const cropper = faceCropper(detector, { several: 'all', size: 224, margin: 1 });
    const counted = [3, 3, 3, 4, 5, 4];
    for (const [i, count] of counted.entries()) {
      const { outcome, faces, crops } = await cropper.crop(await photo(i + 1));
      expect([outcome, faces.length, crops.length], `sample${i + 1}.jpg`).toEqual(['several-faces', count, count]);
      for (const [a, one] of faces.entries())
        for (const other of faces.slice(0, a)) expect(intersection(one.box, other.box)).toBeLessThan(0.2);
    }
    // A crop holds one upright face: found again, its eyes are level and where they belong.
    const { crops } = await cropper.crop(await photo(3));
    for (const crop of crops) {
      const [face] = (await detector.detect(crop)) as [Face];
      const eye = (from: number, axis: number): number =>
        [0, 1, 2, 3, 4, 5].reduce((sum, k) => sum + face.landmarks[2 * (from + k) + axis]! / 6, 0);
      // As much as the template's 112 pixels on each side: it is two thirds of its size, in the middle.
      const placed = (value: number): number => ((value + 112) * 2) / 3;
      expect(Math.abs(eye(36, 1) - eye(42, 1))).toBeLessThan(8);
      expect(Math.abs(eye(36, 0) - placed(38.3))).toBeLessThan(8);
      expect(Math.abs(eye(42, 0) - placed(73.5))).toBeLessThan(8);
      expect(Math.abs((eye(36, 1) + eye(42, 1)) / 2 - placed(51.6))).toBeLessThan(8);
    }
    await detector.close();
  });

  it('find none in a picture without faces', async () => {
    const detector = await loadFaceDetector({ backend });
    const data = Uint8Array.from({ length: 300 * 200 * 3 }, (_, i) => 128 + 100 * Math.sin(i / 70));
    const { outcome, crops, faces } = await faceCropper(detector).crop({ width: 300, height: 200, channels: 3, data });
    expect([outcome, crops, faces]).toEqual(['no-face', [], []]);
    await detector.close();
    expect(detectorGraph().outputs['scores']!.shape).toEqual([5118]);
    expect(landmarkGraph().outputs['landmarks']!.shape).toEqual([1, 136]);
    await expect(loadFaceDetector({ backend, leastScore: 1 })).rejects.toThrow(OptionError);
  });
});

describe('faceCropper', () => {
  const at = (left: number, width: number): Face => ({
    box: { left, top: 0, width, height: width },
    score: 0.9,
    landmarks: Float64Array.from({ length: 136 }, (_, i) => left + ((i * 37) % 23)),
  });
  const finds = (faces: Face[]): FaceDetector => ({ name: 'given', detect: async () => faces, close: async () => {} });
  const picture: Picture = { width: 64, height: 64, channels: 1, data: new Uint8Array(64 * 64) };

  it('says what it found and takes the faces that were asked for', async () => {
    const [small, large] = [at(3, 10), at(20, 30)];
    const outcome = async (faces: Face[], several?: 'largest' | 'all' | 'none') => {
      const result = await faceCropper(finds(faces), { size: 16, ...(several && { several }) }).crop(picture);
      return [result.outcome, result.faces.length, result.crops.length];
    };
    expect(await outcome([])).toEqual(['no-face', 0, 0]);
    expect(await outcome([small], 'none')).toEqual(['one-face', 1, 1]);
    expect(await outcome([small, large])).toEqual(['several-faces', 2, 1]);
    expect(await outcome([small, large], 'all')).toEqual(['several-faces', 2, 2]);
    expect(await outcome([small, large], 'none')).toEqual(['several-faces', 2, 0]);
  });

  it('has a name that tells options apart, and refuses those out of range', () => {
    const cropper = (options: object) => faceCropper(finds([]), options);
    expect(cropper({ size: 48 }).name).not.toBe(cropper({ size: 64 }).name);
    expect(() => cropper({ size: 8 })).toThrow(OptionError);
    expect(() => cropper({ margin: -0.1 })).toThrow(/margin -0.1/);
    expect(() => cropper({ several: 'some' })).toThrow(/largest, all or none/);
  });

  it('finds the turn, scale and shift of a face again', () => {
    // A face on the template of 112 x 112, turned by 30 degrees, doubled and moved.
    const [cos, sin] = [2 * Math.cos(Math.PI / 6), 2 * Math.sin(Math.PI / 6)];
    const landmarks = new Float64Array(136);
    const put = (from: number, to: number, x: number, y: number): void => {
      for (let i = from; i < to; i++) {
        landmarks[2 * i] = cos * x - sin * y + 300;
        landmarks[2 * i + 1] = sin * x + cos * y + 40;
      }
    };
    put(36, 42, 38.2946, 51.6963);
    put(42, 48, 73.5318, 51.5014);
    put(30, 31, 56.0252, 71.7366);
    put(48, 49, 41.5493, 92.3655);
    put(54, 55, 70.7299, 92.2041);
    const found = alignment(landmarks, 112, 0);
    expect(found.scaleX).toBeCloseTo(cos, 10);
    expect(found.turn).toBeCloseTo(sin, 10);
    expect([found.left, found.top].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([300, 40]);
    // With a margin of half, the middle 112 of 224 pixels are the same face.
    const wide = alignment(landmarks, 224, 0.5);
    expect(wide.scaleX).toBeCloseTo(cos, 10);
    expect(wide.left).toBeCloseTo(300 - 56 * cos + 56 * sin, 8);
  });
});

describe('cutOut', () => {
  const gray = (width: number, height: number, value: (x: number, y: number) => number): Picture => ({
    width,
    height,
    channels: 1,
    data: Uint8Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width))),
  });
  const firstChannel = (picture: Picture): number[] => [...picture.data].filter((_, i) => i % 3 === 0);

  it('keeps a picture that is not moved, and turns one by a quarter', () => {
    const picture = gray(3, 3, (x, y) => 10 * x + 40 * y);
    const size = { width: 3, height: 3 };
    expect(firstChannel(cutOut(picture, { scaleX: 1, scaleY: 1, turn: 0, left: 0, top: 0 }, size))).toEqual([
      ...picture.data,
    ]);
    // x' = -y + 3, y' = x: the new first row is the old last column.
    const turned = cutOut(picture, { scaleX: 0, scaleY: 0, turn: 1, left: 3, top: 0 }, size);
    expect(firstChannel(turned)).toEqual([20, 60, 100, 10, 50, 90, 0, 40, 80]);
  });

  it('averages where it shrinks and interpolates where it grows', () => {
    const picture = gray(4, 4, (x, y) => 16 * y + 4 * x);
    const half = cutOut(picture, { scaleX: 2, scaleY: 2, turn: 0, left: 0, top: 0 }, { width: 2, height: 2 });
    expect(firstChannel(half)).toEqual([10, 18, 42, 50]);
    const double = cutOut(picture, { scaleX: 0.5, scaleY: 0.5, turn: 0, left: 1, top: 0 }, { width: 4, height: 1 });
    // Centres at 1.25, 1.75, 2.25, 2.75 of pixels whose centres are at 0.5, 1.5, 2.5.
    expect(firstChannel(double)).toEqual([3, 5, 7, 9]);
  });

  it('continues the border or is black outside', () => {
    const picture = gray(2, 1, () => 80);
    const left = { scaleX: 1, scaleY: 1, turn: 0, left: -2, top: 0 };
    expect(firstChannel(cutOut(picture, left, { width: 4, height: 1 }))).toEqual([80, 80, 80, 80]);
    expect(firstChannel(cutOut(picture, left, { width: 4, height: 1, outside: 'black' }))).toEqual([0, 0, 80, 80]);
  });
});

describe('decodeBoxes', () => {
  it('moves and scales anchors, and drops what overlaps a surer box', () => {
    const anchors = [0.2, 0.4, 0.6, 0.6, 0.2, 0.4, 0.6, 0.6, 0.7, 0.7, 0.9, 0.9];
    const encodings = [0, 0, 0, 0, 1, -1, 5 * Math.log(2), 0, 0, 0, 0, 0];
    const at = (scores: number[]) =>
      decodeBoxes({ anchors, encodings, scores }, { side: 100, least: 0.5, overlap: 0.5 });
    expect(at([0.4, 0.9, 0.6])).toHaveLength(2);
    const [first] = at([0.4, 0.9, 0.6]);
    // Centre (0.5, 0.4) moved by a tenth of width 0.2 to the left and of height 0.4 down; twice as high.
    const want = { left: 38, top: 4, width: 20, height: 80 };
    for (const side of ['left', 'top', 'width', 'height'] as const)
      expect(first!.box[side]).toBeCloseTo(want[side], 10);
    expect(at([0.8, 0.4, 0.1])).toHaveLength(1);
    expect(
      intersection({ left: 0, top: 0, width: 2, height: 2 }, { left: 1, top: 0, width: 2, height: 2 }),
    ).toBeCloseTo(1 / 3);
  });
});
