import { OptionError } from '../errors.ts';

/** Refuses an option that is not a finite number in [from, to]; where `open`, `from` itself is refused too. */
export function checkOption(
  schedule: string,
  name: string,
  value: number,
  { from, to = Infinity, open = false }: { from: number; to?: number; open?: boolean },
): void {
  if (Number.isFinite(value) && value <= to && (open ? value > from : value >= from)) return;
  const upper = to === Infinity ? '' : ` and at most ${to}`;
  throw new OptionError(
    `${schedule}: ${name} is ${value}. Pass a number ${open ? 'above' : 'of at least'} ${from}${upper}`,
  );
}
