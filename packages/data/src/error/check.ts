import { DataError } from './data-error.ts';

/** Refuses a number outside [low, high], naming the option. */
export function checkRange(option: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) {
    throw new DataError({
      code: 'bad-option',
      source: option,
      problem: `${value} is outside [${low}, ${high}]`,
      remedy: `Pass a number from ${low} to ${high}`,
    });
  }
}

/** Refuses what is not a whole number in [low, high], naming the option. */
export function checkWhole(option: string, value: number, low: number, high: number = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(value) || value < low || value > high) {
    throw new DataError({
      code: 'bad-option',
      source: option,
      problem: `${value} is not a whole number of at least ${low}${high === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${high}`}`,
      remedy: `Pass a whole number, such as ${low}`,
    });
  }
}

/** Refuses a seed that {@link randomStream} would refuse, naming the option. */
export function checkSeed(seed: number): void {
  checkWhole('seed', seed, 0);
}

/** Refuses an interval that is not [low, high] within the limits given, naming the option. */
export function checkInterval(
  option: string,
  interval: readonly [low: number, high: number],
  low: number,
  high: number,
): void {
  checkRange(`${option}[0]`, interval[0], low, high);
  checkRange(`${option}[1]`, interval[1], low, high);
  if (interval[0] > interval[1]) {
    throw new DataError({
      code: 'bad-option',
      source: option,
      problem: `[${interval[0]}, ${interval[1]}] runs backwards`,
      remedy: 'Pass the lower end first',
    });
  }
}

/** Refuses a value outside a list of choices, naming the option. */
export function checkChoice(option: string, value: unknown, choices: readonly unknown[]): void {
  if (!choices.includes(value)) {
    throw new DataError({
      code: 'bad-option',
      source: option,
      problem: `'${String(value)}' is not a choice`,
      remedy: `Pass one of ${choices.map((choice) => (typeof choice === 'string' ? `'${choice}'` : String(choice))).join(', ')}`,
    });
  }
}

/** Refuses an array of another length than the one needed, naming it. */
export function checkLength(name: string, length: number, needed: number, meaning: string): void {
  if (length !== needed) {
    throw new DataError({
      code: 'bad-length',
      source: name,
      problem: `${length} values where ${needed} (${meaning}) belong`,
      remedy: `Pass ${meaning}`,
    });
  }
}
