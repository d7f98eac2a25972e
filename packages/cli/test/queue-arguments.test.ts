import type { RunSpec } from '@selfcure/experiments';
import { describe, expect, test, vi } from 'vitest';
import { readQueueAddress, shownAddress } from '../src/queue/address.ts';
import { runIdOf, runQueue } from '../src/queue/names.ts';
import { placedSpec } from '../src/queue/placed-spec.ts';
import { run } from './run-main.ts';

describe('the address of a queue', () => {
  test.each([
    ['redis://localhost', 'redis://localhost/', 'selfcure', 'redis://localhost/selfcure'],
    ['redis://localhost:6380/team', 'redis://localhost:6380/', 'team', 'redis://localhost:6380/team'],
    ['redis://localhost/3', 'redis://localhost/3', 'selfcure', 'redis://localhost/3/selfcure'],
    [
      'rediss://me:secret@10.0.0.5:1/3/a.b-c_1',
      'rediss://me:secret@10.0.0.5:1/3',
      'a.b-c_1',
      'rediss://10.0.0.5:1/3/a.b-c_1',
    ],
    ['redis://:secret@[::1]:6379/9a/', 'redis://:secret@[::1]:6379/', '9a', 'redis://[::1]:6379/9a'],
  ])('%s', (text, url, prefix, shown) => {
    const address = readQueueAddress(text, {})!;
    expect(address).toEqual({ url, prefix });
    expect(shownAddress(address)).toBe(shown);
    expect(readQueueAddress('env', { SELFCURE_QUEUE: text })).toEqual(address);
  });

  test('is null where none is given', () =>
    expect(readQueueAddress(undefined, { SELFCURE_QUEUE: 'redis://a' })).toBeNull());

  test.each([
    ['localhost:6379', /--queue names no Redis/],
    ['http://:secret@localhost', /--queue names no Redis/],
    ['//', /--queue is no address/],
    ['redis://:secret@localhost/a/b', /--queue: the prefix is no name/],
    ['redis://localhost/1/a/b', /the prefix is no name/],
    ['redis://localhost/a:b', /the prefix is no name/],
    ['env', /env needs the variable SELFCURE_QUEUE/],
  ])('%s is refused, and no password is repeated', (text, message) => {
    let told = '';
    try {
      readQueueAddress(text, {});
    } catch (error) {
      told = (error as Error).message;
    }
    expect(told).toMatch(message);
    expect(told).not.toContain('secret');
  });
});

describe('the command line', () => {
  test.each([
    [['worker'], /--queue is needed/],
    [['worker', '--queue', 'redis://a', '--backend', 'webgpu', '--threads', '2'], /--threads belongs to backend wasm/],
    [['worker', '--queue', 'redis://a', '--concurrency', '0'], /--concurrency: '0' is not a whole number from 1/],
    [['worker', '--queue', 'redis://a', '--data', 'nowhere'], /'nowhere' is no folder/],
    [['experiment', 'compare', '--queue', 'redis://a', '--jobs', '2'], /--jobs: .*Give them --concurrency/],
    [
      ['experiment', 'sweep', '--grid', 'lr=1', '--queue', 'redis://a', '--threads', '2'],
      /--threads: .*Give them --threads/,
    ],
  ])('%j is refused', async (args, message) => {
    const { code, stderr } = await run(args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  test('names the server that does not answer, without its password', async () => {
    vi.stubEnv('SELFCURE_QUEUE', 'redis://:secret@127.0.0.1:1/team');
    const { code, stderr } = await run(['worker', '--queue', 'env']);
    vi.unstubAllEnvs();
    expect(stderr).toMatch(
      /^error redis:\/\/127\.0\.0\.1:1\/team does not answer: .*ECONNREFUSED.*Is Redis running there\?$/m,
    );
    expect(stderr).not.toContain('secret');
    expect(code).toBe(1);
  });
});

describe('what lies in a queue', () => {
  const spec = { recipe: { use: 'ce' }, data: { kind: 'faces' }, seed: 0, pretrain: null } as unknown as RunSpec;
  const fer = { ...spec, data: { kind: 'fer' }, pretrain: { ...spec, data: { kind: 'fer' } } } as unknown as RunSpec;

  test('is of one engine, one version and one kind of data', () => {
    const address = { url: 'redis://a/', prefix: 'p' };
    const names = [
      runQueue(address, 'wasm', 'faces').name,
      runQueue(address, 'wasm', 'fer').name,
      runQueue(address, 'webgpu', 'faces').name,
    ];
    expect(new Set(names).size).toBe(3);
    expect(names[0]).toMatch(/^runs-wasm-\d+\.\d+\.\d+.*-faces$/);
  });

  test('is there once, by what it computes and whether its backbone is wanted', () => {
    const id = runIdOf({ spec, keepBackbone: false });
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(runIdOf({ spec: { ...spec, seed: 1 }, keepBackbone: false })).not.toBe(id);
    expect(runIdOf({ spec, keepBackbone: true })).toBe(`${id}-with-backbone`);
  });

  test('is given the folder of whoever computes it, that of its pretraining too', () => {
    const placed = placedSpec(fer, '/data');
    expect(placed.data).toEqual({ kind: 'fer', folder: '/data' });
    expect(placed.pretrain!.data).toEqual({ kind: 'fer', folder: '/data' });
    expect(placedSpec(spec, null)).toEqual(spec);
  });

  test('reads no folder that it names itself', () => {
    const hostile = { ...spec, data: { kind: 'fer', folder: '/home/somebody' } } as unknown as RunSpec;
    expect(placedSpec(hostile, '/data').data).toEqual({ kind: 'fer', folder: '/data' });
    expect(() => placedSpec(hostile, null)).toThrow(/needs FER2013/);
    expect(() => placedSpec({ ...spec, pretrain: hostile }, null)).toThrow(/needs FER2013/);
    expect(() => placedSpec({ ...spec, data: { ...hostile.data, kind: 'other' } } as never, null)).toThrow(/needs/);
  });
});
