import { describe, expect, it } from 'vitest';

// The benchmarks are JavaScript without declarations.
const { median, medianInterval } = await import(new URL('../../bench/statistics.mjs', import.meta.url).href);
const { BenchError } = await import(new URL('../../bench/error.mjs', import.meta.url).href);

describe('median', () => {
  it('is the middle value, or the mean of both middle ones', () => {
    expect(median([5, 1, 100])).toBe(5);
    expect(median([4, 1, 100, 2])).toBe(3);
  });

  it('refuses nothing at all', () => {
    expect(() => median([])).toThrow(BenchError);
  });
});

describe('medianInterval', () => {
  // Ranks and coverages as in tables of the sign test, such as Conover, Practical Nonparametric Statistics, table A3.
  it.each([
    [6, 1, 6, 0.9688],
    [9, 2, 8, 0.9609],
    [10, 2, 9, 0.9785],
    [15, 4, 12, 0.9648],
    [20, 6, 15, 0.9586],
  ])('of %i values lies between those of ranks %i and %i, with coverage %f', (n, low, high, coverage) => {
    // 1 to n, the odd ones first.
    const values = Array.from({ length: n }, (_, i) => i + 1).sort((a, b) => (b % 2) - (a % 2) || b - a);
    const interval = medianInterval(values);
    expect(interval).toMatchObject({ low, high });
    expect(interval.coverage).toBeCloseTo(coverage, 4);
  });

  it('refuses fewer values than the confidence needs', () => {
    expect(() => medianInterval([1, 2, 3, 4, 5])).toThrow(/5 values are too few/);
  });
});
