import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locate, type LocateOptions } from '../src/native/locate.ts';
import type { GpuFacts } from '../src/native/location.ts';
import { sourcesVersion } from '../src/native/sources-version.ts';
import { TensorFlowError } from '../src/native/tensorflow-error.ts';

const noGpu: GpuFacts = { driver: null, libcuda: null, devices: [], visible: null };
const someGpu: GpuFacts = {
  driver: '550.54.14',
  libcuda: '/usr/lib64/libcuda.so.1',
  devices: ['/dev/nvidia0'],
  visible: null,
};
const debian = { os: 'linux', arch: 'x64', glibc: '2.36' };

let root: string;
beforeEach(() => (root = realpathSync(mkdtempSync(join(tmpdir(), 'selfcure-locate-')))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function file(path: string, content = ''): string {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
  return full;
}

function library(path: string): string {
  file(`${path}/libtensorflow_cc.so.2`);
  file(`${path}/libtensorflow_framework.so.2`);
  return join(root, path);
}

function ownBuild(
  name: string,
  record: { build: string; library: string; tensorflow?: string; sources?: string | null },
): string {
  const folder = `cache/tensorflow/binding/${name}`;
  file(
    `${folder}/build.json`,
    JSON.stringify({ tensorflow: '2.21.0', sources: sourcesVersion(), compiler: 'g++', ...record }),
  );
  return file(`${folder}/selfcure_tensorflow.node`);
}

function stock(name: string, ...napi: number[]): string {
  file(`app/node_modules/${name}/package.json`, JSON.stringify({ name, version: '4.22.0' }));
  for (const version of napi) file(`app/node_modules/${name}/lib/napi-v${version}/tfjs_binding.node`);
  return join(root, `app/node_modules/${name}`);
}

const search = (options: LocateOptions = {}) =>
  locate({
    platform: debian,
    gpu: noGpu,
    cwd: join(root, 'app'),
    modulesFrom: [join(root, 'app/package.json')],
    ...options,
    env: { SELFCURE_CACHE: join(root, 'cache'), ...options.env },
  });

function failure(options: LocateOptions = {}): TensorFlowError {
  try {
    search(options);
  } catch (error) {
    if (error instanceof TensorFlowError) return error;
    throw error;
  }
  throw new Error('the search found something');
}

describe('the search for a binding', () => {
  it('tells every step and the command where nothing is there', () => {
    const { code, steps, remedy, message } = failure();
    expect(code).toBe('NOT_FOUND');
    expect(steps.map(({ what }) => what)).toEqual([
      'option library',
      'SELFCURE_TF_BINDING',
      'SELFCURE_TF_DIR',
      '@tensorflow/tfjs-node-gpu',
      '@tensorflow/tfjs-node',
      'own build',
    ]);
    expect(steps.every(({ found }) => !found)).toBe(true);
    expect(remedy).toContain('npx selfcure-tensorflow install');
    for (const { what } of steps) expect(message).toContain(what);
  });

  it('goes in order: option, binding, folder, tfjs-node-gpu, tfjs-node, own build', () => {
    const lib = library('cache/tensorflow/library/2.21.0-cpu/tensorflow');
    const own = ownBuild('a', { build: 'cpu', library: '../../library/2.21.0-cpu/tensorflow' });
    expect(search()).toMatchObject({ binding: own, kind: 'own', build: 'cpu', library: lib });

    stock('@tensorflow/tfjs-node', 8);
    expect(search()).toMatchObject({
      kind: 'stock',
      build: 'cpu',
      binding: join(root, 'app/node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node'),
    });

    stock('@tensorflow/tfjs-node-gpu', 8);
    expect(search()).toMatchObject({ kind: 'stock', build: 'cuda' });

    const elsewhere = library('opt/tf');
    const compiled = ownBuild('b', { build: 'cpu', library: elsewhere });
    const env = { SELFCURE_TF_DIR: elsewhere };
    expect(search({ env })).toMatchObject({ binding: compiled, kind: 'own', library: elsewhere });

    const named = file('some/tfjs_binding.node');
    expect(search({ env: { ...env, SELFCURE_TF_BINDING: named } })).toMatchObject({ binding: named, kind: 'explicit' });

    const option = file('other/selfcure_tensorflow.node');
    const found = search({ library: '../other', env: { ...env, SELFCURE_TF_BINDING: named } });
    expect(found).toMatchObject({ binding: option, kind: 'own' });
    expect(found.steps).toEqual([
      { what: 'option library', where: join(root, 'other'), found: true, why: 'holds selfcure_tensorflow.node' },
    ]);
  });

  it('takes the newest binary of tfjs-node that this Node loads', () => {
    const napi = Number(process.versions['napi']);
    const folder = stock('@tensorflow/tfjs-node', 8, napi, napi + 1);
    expect(search().binding).toBe(join(folder, `lib/napi-v${napi}/tfjs_binding.node`));
  });

  it('says that tfjs-node is there without its binary, and goes on', () => {
    const folder = stock('@tensorflow/tfjs-node');
    const step = failure().steps.find(({ what }) => what === '@tensorflow/tfjs-node');
    expect(step).toEqual({
      what: '@tensorflow/tfjs-node',
      where: folder,
      found: false,
      why: expect.stringContaining('install script has not run') as string,
    });
  });

  it.each([
    ['does not exist', 'nothing', 'does not exist'],
    ['is no binding', 'text', 'not a .node file'],
    ['holds no TensorFlow', 'empty', 'holds neither'],
    ['was not compiled for', 'tf', 'no binding has been compiled'],
  ])('an explicit path that %s is an error, not a reason to go on', (_, path, why) => {
    file('text');
    mkdirSync(join(root, 'empty'));
    library('tf');
    library('lib');
    ownBuild('a', { build: 'cpu', library: join(root, 'lib') });
    for (const options of [{ library: join(root, path) }, { env: { SELFCURE_TF_DIR: join(root, path) } }]) {
      const { code, message, steps } = failure(options);
      expect(code).toBe('BAD_PATH');
      expect(message).toContain(why);
      expect(steps.at(-1)?.where).toBe(join(root, path));
    }
  });

  it('takes a CUDA build for cuda and where a driver is present, a CPU build elsewhere', () => {
    const lib = library('lib');
    const cpu = ownBuild('cpu', { build: 'cpu', library: lib });
    const none = failure({ device: 'cuda' });
    expect(none.code).toBe('NOT_FOUND');
    expect(none.remedy).toContain('install --gpu');
    expect(none.message).toContain('is built without CUDA');
    expect(none.message).toContain('no NVIDIA driver is loaded');

    const cuda = ownBuild('cuda', { build: 'cuda', library: lib });
    expect(search({ device: 'cuda' }).binding).toBe(cuda);
    expect(search({ device: 'auto', gpu: someGpu }).binding).toBe(cuda);
    expect(search({ device: 'auto' }).binding).toBe(cpu);
    expect(search({ device: 'cpu', gpu: someGpu }).binding).toBe(cpu);
  });

  it('does not take the CPU package of tfjs-node for cuda', () => {
    stock('@tensorflow/tfjs-node', 8);
    expect(failure({ device: 'cuda' }).steps.find(({ what }) => what === '@tensorflow/tfjs-node')?.why).toBe(
      'is built without CUDA',
    );
  });

  it('prefers the newest TensorFlow', () => {
    const lib = library('lib');
    ownBuild('a', { build: 'cpu', library: lib, tensorflow: '2.9.3' });
    const newest = ownBuild('b', { build: 'cpu', library: lib, tensorflow: '2.21.0' });
    ownBuild('c', { build: 'cpu', library: lib, tensorflow: '2.20.1' });
    expect(search().binding).toBe(newest);
  });

  it('does not take a build whose libraries are gone, of other sources, or half there', () => {
    ownBuild('a', { build: 'cpu', library: '/nowhere/tensorflow' });
    expect(failure().steps.at(-1)?.why).toContain('/nowhere/tensorflow');
    rmSync(join(root, 'cache'), { recursive: true });
    ownBuild('b', { build: 'cpu', library: library('lib'), sources: '000000000000' });
    expect(failure().steps.at(-1)?.why).toContain('other sources');
    rmSync(join(root, 'cache'), { recursive: true });
    file('cache/tensorflow/binding/c/selfcure_tensorflow.node');
    file('cache/tensorflow/tmp/host.1.ab/selfcure_tensorflow.node');
    expect(failure().steps.at(-1)?.why).toBe('nothing is installed there');
  });

  it('says on musl and other systems that there is no TensorFlow for them', () => {
    const { code, message } = failure({ platform: { ...debian, glibc: null } });
    expect(code).toBe('UNSUPPORTED_PLATFORM');
    expect(message).toContain('musl');
  });
});
