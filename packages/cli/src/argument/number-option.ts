import type { ArgsDef } from 'citty';
import { UsageError } from '../errors.ts';

/** An option that takes a number. */
export interface NumberOption {
  readonly description: string;
  /** Only whole numbers. Default false. */
  readonly whole?: boolean;
  /** Least value. */
  readonly from: number;
  /** Largest value. Default: none. */
  readonly to?: number;
  /** The least value itself is not allowed. Default false. */
  readonly open?: boolean;
  readonly default?: number;
}

/** Number options by name, such as `weight-decay`. */
export type NumberOptions = Readonly<Record<string, NumberOption>>;

/** What a command line gave for number options: the value or its default, undefined where there is neither. */
export type Numbers<Options extends NumberOptions> = {
  readonly [Name in keyof Options]: Options[Name] extends { default: number } ? number : number | undefined;
};

/** The range of an option in words. */
export function rangeOf({ whole = false, from, to = Infinity, open = false }: NumberOption): string {
  const kind = whole ? 'a whole number' : 'a number';
  if (to === Infinity) return `${kind} ${open ? 'above' : 'from'} ${from}`;
  return `${kind} ${open ? 'above' : 'from'} ${from}${open ? ', at most' : ' to'} ${to}`;
}

/** Number options as citty declares them; the help text names each range. */
export function declareNumbers(options: NumberOptions): ArgsDef {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [
      name,
      {
        type: 'string',
        valueHint: 'N',
        description: `${option.description}; ${rangeOf(option)}`,
        ...(option.default !== undefined && { default: String(option.default) }),
      },
    ]),
  );
}

/**
 * Values of number options.
 *
 * @throws UsageError naming the option and its range.
 */
export function readNumbers<const Options extends NumberOptions>(
  options: Options,
  args: Readonly<Record<string, unknown>>,
): Numbers<Options> {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, readNumber(name, option, args[name])]),
  ) as Numbers<Options>;
}

/**
 * One number as a command line gives it; undefined where it gives none.
 *
 * @throws UsageError naming the option and its range.
 */
export function readNumber(name: string, option: NumberOption, given: unknown): number | undefined {
  if (given === undefined) return undefined;
  const text = String(given).trim();
  const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : NaN;
  const { from, to = Infinity, open = false, whole = false } = option;
  const inRange = (open ? value > from : value >= from) && value <= to && Number.isFinite(value);
  if (inRange && (!whole || Number.isSafeInteger(value))) return value;
  throw new UsageError(`--${name}: '${text}' is not ${rangeOf(option)}`);
}
