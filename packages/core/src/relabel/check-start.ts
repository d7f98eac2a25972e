import { OptionError } from '../errors.ts';

/** Refuses a first epoch that is no whole number from 1. */
export function checkStart(who: string, start: number | undefined): void {
  if (start !== undefined && !(Number.isInteger(start) && start >= 1)) {
    throw new OptionError(`${who}: start ${start} is not a whole number from 1`);
  }
}
