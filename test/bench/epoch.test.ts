import { describe, expect, it } from 'vitest';

// The benchmarks are JavaScript without declarations.
const { parseArguments } = await import(new URL('../../bench/epoch/arguments.mjs', import.meta.url).href);
const { BenchError } = await import(new URL('../../bench/error.mjs', import.meta.url).href);

const known = { models: ['face-cnn', 'resnet18-s2'], backends: ['reference', 'wasm'] };
const parse = (line: string): unknown => parseArguments(line.split(' ').filter(Boolean), known);

describe('arguments of bench:epoch', () => {
  it('have defaults', () => {
    expect(parse('')).toEqual({
      data: null,
      samples: 25_060,
      model: 'resnet18-s2',
      width: 0.5,
      batch: 32,
      ours: { backend: 'wasm', threads: 1, recipe: 'scn', options: {} },
      peer: { name: 'torch' },
      quietWithin: 120,
      seed: 0,
    });
  });

  it('name the data, our side and the peer', () => {
    expect(
      parse('--data ./fer --model face-cnn --width 1 --batch 64 --threads 2 --recipe ce --peer-python /bin/python'),
    ).toMatchObject({
      data: './fer',
      model: 'face-cnn',
      width: 1,
      batch: 64,
      ours: { threads: 2, recipe: 'ce' },
      peer: { name: 'torch', python: '/bin/python' },
    });
    expect(parse('--peer none')).toMatchObject({ peer: null });
    expect(parse('--help')).toBe('help');
  });

  it.each([
    ['--data ./fer --samples 100', /--samples.*procedural faces/],
    ['--peer none --peer-python /bin/python', /--peer-python.*--peer torch/],
    ['--peer jax', /'jax' is unknown. Known: torch, none/],
    ['--batch 1', /--batch '1' is no whole number from 2/],
    ['--width 0', /--width '0' is no number above 0/],
    ['--epochs 3', /--epochs/],
  ])('are refused: %s', (line, message) => {
    expect(() => parse(line)).toThrow(BenchError);
    expect(() => parse(line)).toThrow(message);
  });
});
