/** Interleaved measurement of two sides. */
import { median, medianInterval } from './statistics.mjs';

/** Rounds before the measurement, in which compilers, allocators and caches settle. */
const warmUpRounds = 2;

/** Passes over the variants of a side, by which the fastest is found; one is enough to know the time of the only one. */
const passesOver = (variants) => (variants.length > 1 ? 3 : 1);

/**
 * @typedef {import('./side.mjs').SideDescription} SideDescription
 * @typedef {{ label: string, description: SideDescription, steps: (count: number, variant: string) => Promise<{ milliseconds: number[] }> }} Side
 */

/**
 * Milliseconds of every variant of a side, measured in turns; the median over passes, the first of which does not count.
 *
 * @param {Side} side
 * @param {number} turn seconds of each measurement; at least one step
 * @returns {Promise<{ fastest: string, milliseconds: Record<string, number> }>}
 */
export async function compareVariants({ description: { variants }, steps }, turn) {
  const measured = new Map(variants.map((variant) => [variant, []]));
  for (let pass = 0; pass <= passesOver(variants); pass++) {
    for (const [variant, times] of measured) {
      const count = times.length === 0 ? 1 : stepsIn(turn / 2, times.at(-1));
      times.push(mean((await steps(count, variant)).milliseconds));
    }
  }
  const medians = [...measured].map(([variant, times]) => [variant, median(times.slice(1))]);
  return {
    fastest: medians.reduce((best, other) => (other[1] < best[1] ? other : best))[0],
    milliseconds: Object.fromEntries(medians),
  };
}

/**
 * Measures two sides in turns: in each round some steps of one, then some of the other; who begins alternates.
 *
 * @param {{ sides: readonly { side: Side, variant: string, milliseconds: number }[], rounds: number, turn: number,
 *   measure: <T>(task: () => Promise<T>) => Promise<T> }} options `milliseconds`: of a step, roughly; `turn`: seconds of a
 *   side in a round; `measure`: runs a round, again where it was disturbed
 * @returns {Promise<[number, number][]>} milliseconds of a step of both sides, the mean over its steps, in every round
 */
export async function measureRounds({ sides, rounds, turn, measure }) {
  const counts = sides.map(({ milliseconds }) => stepsIn(turn, milliseconds));
  const round = async (first) => {
    const times = [0, 0];
    for (const i of [first, 1 - first]) {
      const { side, variant } = sides[i];
      times[i] = mean((await side.steps(counts[i], variant)).milliseconds);
    }
    return times;
  };
  for (let i = 0; i < warmUpRounds; i++) {
    (await round(i % 2)).forEach((time, k) => {
      counts[k] = stepsIn(turn, time);
    });
  }
  const measured = [];
  for (let i = 0; i < rounds; i++) measured.push(await measure(() => round(i % 2)));
  return measured;
}

/**
 * Medians of both sides and of the paired ratios first / second, with a 95 % interval of the latter.
 *
 * @param {readonly (readonly [number, number])[]} rounds
 */
export function summarize(rounds) {
  const ratios = rounds.map(([first, second]) => first / second);
  const { low, high, coverage } = medianInterval(ratios);
  return {
    first: median(rounds.map(([time]) => time)),
    second: median(rounds.map(([, time]) => time)),
    ratio: median(ratios),
    low,
    high,
    coverage,
  };
}

const stepsIn = (seconds, milliseconds) => Math.max(1, Math.round((1000 * seconds) / milliseconds));

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
