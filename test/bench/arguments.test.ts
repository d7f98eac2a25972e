import { describe, expect, it } from 'vitest';

// The benchmarks are JavaScript without declarations.
const { parseArguments } = await import(new URL('../../bench/arguments.mjs', import.meta.url).href);
const { BenchError } = await import(new URL('../../bench/error.mjs', import.meta.url).href);

const known = { models: ['face-cnn', 'resnet18-s2', 'small'], backends: ['reference', 'wasm', 'webgpu'] };
const parse = (line: string): unknown => parseArguments(line.split(' ').filter(Boolean), known);

describe('arguments of bench:step', () => {
  it('have defaults', () => {
    expect(parse('')).toEqual({
      model: 'resnet18-s2',
      size: 48,
      channels: 1,
      width: 1,
      batch: 32,
      ours: { backend: 'wasm', threads: 1, recipe: 'scn', options: {} },
      where: 'node',
      peer: { name: 'torch', threads: 1, recipe: 'scn' },
      rounds: 9,
      turn: 2,
      quietWithin: 120,
      seed: 0,
    });
  });

  it('give the peer our threads and recipe', () => {
    expect(parse('--threads 2 --recipe ce')).toMatchObject({ peer: { name: 'torch', threads: 2, recipe: 'ce' } });
  });

  it('configure our own side as the peer, from our configuration on', () => {
    expect(parse('--options {"exact":true} --threads 2 --peer self --peer-recipe ce')).toMatchObject({
      ours: { backend: 'wasm', threads: 2, recipe: 'scn', options: { exact: true } },
      peer: { recipe: 'ce', own: { backend: 'wasm', threads: 2, recipe: 'ce', options: { exact: true } } },
    });
    expect(parse('--peer self --peer-backend reference --peer-threads 3 --peer-options {}')).toMatchObject({
      peer: { recipe: 'scn', own: { backend: 'reference', threads: 3, options: {} } },
    });
  });

  it('let libraries in JavaScript compute where we do', () => {
    expect(parse('--peer tfjs')).toMatchObject({ peer: { name: 'tfjs', threads: 1, device: 'wasm' } });
    expect(parse('--backend webgpu --peer tfjs')).toMatchObject({ where: 'node', peer: { device: 'webgpu' } });
    expect(parse('--backend webgpu')).toMatchObject({ peer: { name: 'jax', device: 'webgpu' } });
  });

  it('give the small model sizes of its own', () => {
    expect(parse('--model small')).toMatchObject({ size: 12, channels: 3, batch: 8 });
    expect(parse('--model small --size 16 --channels 1 --batch 4')).toMatchObject({ size: 16, channels: 1, batch: 4 });
  });

  it('put both sides into pages', () => {
    expect(parse('--backend webgpu --where chromium --peer self')).toMatchObject({
      where: 'chromium',
      peer: { own: { backend: 'webgpu' } },
    });
  });

  it('ask for help', () => {
    expect(parse('--help')).toBe('help');
  });

  it.each([
    ['--model vgg', "--model 'vgg' is unknown. Known: face-cnn, resnet18-s2, small"],
    ['--backend cuda', "--backend 'cuda' is unknown. Known: reference, wasm, webgpu"],
    ['--where firefox', "--where 'firefox' is unknown. Known: node, chromium"],
    ['--where chromium', 'Give --backend webgpu, or --where node'],
    ['--where chromium --backend webgpu --peer torch', 'has no --peer torch. Known there: tfjs, jax, self'],
    ['--where chromium --backend webgpu --peer self --peer-backend wasm', 'Give --peer-backend webgpu'],
    ['--recipe mixup', "--recipe 'mixup' is unknown"],
    ['--peer keras', "--peer 'keras' is unknown. Known: torch, tfjs, jax, self"],
    ['--batch 1', "--batch '1' is no whole number from 2"],
    ['--size 4.5', "--size '4.5' is no whole number from 1"],
    ['--threads two', "--threads 'two' is no whole number from 1"],
    ['--threads=', "--threads '' is no whole number from 1"],
    ['--rounds 8', "--rounds '8' is no whole number from 9"],
    ['--width 0', "--width '0' is no number above 0"],
    ['--quiet-within -1', "'--quiet-within' argument is ambiguous"],
    ['--quiet-within=-1', "--quiet-within '-1' is no number from 0"],
    ['--turn=Infinity', "--turn 'Infinity' is no number above 0"],
    ['--options {exact}', '--options is no JSON'],
    ['--options [1]', '--options is no JSON object'],
    ['--peer-recipe ce', '--peer-recipe has no meaning with --peer torch'],
    ['--peer tfjs --peer-python python3', '--peer-python has no meaning with --peer tfjs'],
    ['--peer jax --peer-threads 2', 'jax computes on one thread'],
    ['--bath 3', "Unknown option '--bath'"],
    ['resnet', "Unexpected argument 'resnet'"],
  ])('are refused by name: %s', (line, message) => {
    expect(() => parse(line)).toThrow(BenchError);
    expect(() => parse(line)).toThrow(message);
  });
});
