import { trace } from '@selfcure/tensor';
import { describe, expect, it } from 'vitest';

// The benchmarks are JavaScript without declarations.
const { parseArguments } = await import(new URL('../../bench/accuracy/arguments.mjs', import.meta.url).href);
const { winogradShare } = await import(new URL('../../bench/accuracy/winograd-share.mjs', import.meta.url).href);
const { BenchError } = await import(new URL('../../bench/error.mjs', import.meta.url).href);

const parse = (line: string): unknown => parseArguments(line.split(' ').filter(Boolean));

describe('arguments of bench:accuracy', () => {
  it('have defaults', () => {
    expect(parse('')).toEqual({ seeds: 5, epochs: 10, images: 1000, recipes: ['scn', 'ce'], threads: 1 });
    expect(parse('--seeds 2 --epochs 3 --images 64 --recipe ce --threads 2')).toEqual({
      seeds: 2,
      epochs: 3,
      images: 64,
      recipes: ['ce'],
      threads: 2,
    });
  });

  it.each([
    ['--seeds 1', /--seeds '1' is no whole number from 2/],
    ['--recipe elr', /'elr' is unknown/],
    ['--mode fast', /--mode/],
  ])('are refused: %s', (line, message) => {
    expect(() => parse(line)).toThrow(BenchError);
    expect(() => parse(line)).toThrow(message);
  });
});

describe('winogradShare', () => {
  const { nodes } = trace((ops) => {
    const x = ops.input('x', [1, 4, 4, 8]);
    const a = ops.scope('a', () => ops.conv2d(x, ops.input('f', [3, 3, 8, 16]), { padding: 1 }));
    return { b: ops.scope('b', () => ops.conv2d(a, ops.input('g', [1, 1, 16, 24]))) };
  });
  const share = (...steps: string[]): number => winogradShare({ nodes, listing: ['%1 = input', ...steps].join('\n') });
  /** Multiply-adds. */
  const [a, b] = [4 * 4 * 9 * 8 * 16, 4 * 4 * 16 * 24];

  it('counts what Winograd kernels write, in one step or by way of a workspace', () => {
    expect(share('winograd x4 -> a/conv2d', 'convolve x1 -> b/conv2d')).toBeCloseTo(a / (a + b), 12);
    expect(share('convolve x1 -> a/conv2d', 'winogradTiles x8 -> /workspace', 'winograd x1 -> b/conv2d')).toBeCloseTo(
      b / (a + b),
      12,
    );
    expect(
      share('winogradFilterGradient x8 -> /workspace', 'sumParts x2 -> a/conv2d', 'convolve x2 -> b/conv2d'),
    ).toBeCloseTo(a / (a + b), 12);
  });

  it('is 0 where sums of products compute everything', () => {
    expect(share('pack x2 -> /workspace', 'convolve x4 -> a/conv2d', 'convolve x1 -> b/conv2d')).toBe(0);
  });
});
