import { describe, expect, it } from 'vitest';

// The benchmarks are JavaScript without declarations.
const { compareVariants, measureRounds, summarize } = await import(
  new URL('../../bench/rounds.mjs', import.meta.url).href
);

/** A side whose variants take given times, and which writes down what it is asked. */
function fakeSide(label: string, times: Record<string, number>, calls: string[]): unknown {
  return {
    label,
    description: { variants: Object.keys(times) },
    steps: async (count: number, variant: string) => {
      calls.push(`${label} ${count}`);
      return { milliseconds: Array.from({ length: count }, () => times[variant]) };
    },
  };
}

describe('compareVariants', () => {
  it('finds the fastest', async () => {
    const found = await compareVariants(fakeSide('peer', { plain: 30, tuned: 20, other: 25 }, []), 0.1);
    expect(found).toEqual({ fastest: 'tuned', milliseconds: { plain: 30, tuned: 20, other: 25 } });
  });
});

describe('measureRounds', () => {
  it('lets the sides begin in turns, each for as many steps as fill its turn', async () => {
    const calls: string[] = [];
    const sides = [
      { side: fakeSide('ours', { default: 100 }, calls), variant: 'default', milliseconds: 100 },
      { side: fakeSide('peer', { default: 5000 }, calls), variant: 'default', milliseconds: 5000 },
    ];
    const rounds = await measureRounds({ sides, rounds: 3, turn: 1, measure: (task: () => unknown) => task() });
    expect(rounds).toEqual([
      [100, 5000],
      [100, 5000],
      [100, 5000],
    ]);
    const warmUp = ['ours 10', 'peer 1', 'peer 1', 'ours 10'];
    expect(calls).toEqual([...warmUp, 'ours 10', 'peer 1', 'peer 1', 'ours 10', 'ours 10', 'peer 1']);
  });
});

describe('summarize', () => {
  it('takes the median of the ratios, not the ratio of the medians', () => {
    const rounds = [
      [2, 1],
      [10, 10],
      [9, 3],
      [12, 4],
      [30, 10],
      [3, 1],
      [8, 2],
      [16, 4],
      [50, 10],
    ];
    // Ratios 2, 1, 3, 3, 3, 3, 4, 4, 5; medians 10 and 4.
    expect(summarize(rounds)).toMatchObject({ first: 10, second: 4, ratio: 3, low: 2, high: 4 });
  });
});
