import { portableLog } from './portable-math.ts';
import { philox } from './philox.ts';
import type { Block } from './philox.ts';

/** What a stream of random numbers is for; two streams with equal keys are the same stream. */
export interface StreamKey {
  /** Seed of the run, a whole number of at most 53 bits. */
  readonly seed: number;
  /** What the numbers decide, such as `'shuffle'` or `'init/conv1/filter'`. */
  readonly purpose: string;
  /** Epoch, 1-based; 0 where none applies. */
  readonly epoch?: number;
  /** Sample id; 0 where none applies. */
  readonly sample?: number;
}

/** A deterministic stream of random numbers. Reading it moves it; a stream of the same key starts again. */
export interface RandomStream {
  /** A whole number in [0, 2^32). */
  uint32(): number;
  /** A number in [0, 1) with 32 random bits. */
  uniform(): number;
  /** A whole number in [0, bound), without bias. */
  integer(bound: number): number;
  /** A standard normal deviate (Wichura's AS 241 on one uniform deviate). */
  normal(): number;
  /** The whole numbers [0, length) in random order (Fisher-Yates). */
  permutation(length: number): Int32Array;
}

/** A hash of 32 bits: FNV-1a over UTF-16 code units. */
export function hashText(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}

/**
 * The stream of a key: a pure function of seed, purpose, epoch and sample (Philox-4x32-10; the counter holds epoch,
 * sample and position, the key holds seed and purpose).
 *
 * @throws RangeError where the seed is not a whole number below 2^53.
 * @example
 * const shuffle = randomStream({ seed: 1, purpose: 'shuffle', epoch: 3 }).permutation(1000);
 */
export function randomStream({ seed, purpose, epoch = 0, sample = 0 }: StreamKey): RandomStream {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seed ${seed} is not a whole number in [0, 2^53). Pass a whole number, such as 0`);
  }
  const purposeHash = hashText(purpose);
  const seedHigh = Math.floor(seed / 0x100000000);
  // The high seed bits share a key word with the purpose; philox mixes them through ten rounds.
  const key = [seed >>> 0, (purposeHash ^ Math.imul(seedHigh, 0x9e3779b1)) >>> 0] as const;
  let position = 0;
  let block: Block = [0, 0, 0, 0];
  let left = 0;

  const uint32 = (): number => {
    if (left === 0) {
      block = philox([position++, sample >>> 0, epoch >>> 0, Math.floor(sample / 0x100000000)], key);
      left = 4;
    }
    return block[4 - left--]!;
  };
  const uniform = (): number => uint32() / 0x100000000;
  const integer = (bound: number): number => {
    if (!(bound >= 1 && bound <= 0x100000000)) throw new RangeError(`bound ${bound} is outside [1, 2^32]`);
    const limit = 0x100000000 - (0x100000000 % bound);
    let value = uint32();
    while (value >= limit) value = uint32();
    return value % bound;
  };
  return {
    uint32,
    uniform,
    integer,
    normal: () => normalQuantile((uint32() + 0.5) / 0x100000000),
    permutation: (length) => {
      const order = new Int32Array(length);
      for (let i = 0; i < length; i++) order[i] = i;
      for (let i = length - 1; i > 0; i--) {
        const j = integer(i + 1);
        const held = order[i]!;
        order[i] = order[j]!;
        order[j] = held;
      }
      return order;
    },
  };
}

/** p -> x with P(X <= x) = p for a standard normal X: Wichura, "The percentage points of the normal distribution", AS 241 (PPND16). */
function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (
      (q *
        (((((((r * 2509.0809287301226727 + 33430.575583588128105) * r + 67265.770927008700853) * r +
          45921.953931549871457) *
          r +
          13731.693765509461125) *
          r +
          1971.5909503065514427) *
          r +
          133.14166789178437745) *
          r +
          3.387132872796366608)) /
      (((((((r * 5226.495278852545925 + 28729.085735721942674) * r + 39307.89580009271061) * r +
        21213.794301586595867) *
        r +
        5394.1960214247511077) *
        r +
        687.1870074920579083) *
        r +
        42.313330701600911252) *
        r +
        1)
    );
  }
  // p has 32 bits, so r stays below 4.8 and AS 241's branch for r > 5 is not needed.
  const r = Math.sqrt(-portableLog(q < 0 ? p : 1 - p)) - 1.6;
  const x =
    (((((((r * 7.7454501427834140764e-4 + 0.0227238449892691845833) * r + 0.24178072517745061177) * r +
      1.27045825245236838258) *
      r +
      3.64784832476320460504) *
      r +
      5.7694972214606914055) *
      r +
      4.6303378461565452959) *
      r +
      1.42343711074968357734) /
    (((((((r * 1.05075007164441684324e-9 + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r +
      0.14810397642748007459) *
      r +
      0.68976733498510000455) *
      r +
      1.6763848301838038494) *
      r +
      2.05319162663775882187) *
      r +
      1);
  return q < 0 ? -x : x;
}
