import { OptionError } from '@selfcure/core';

/** Refuses an option that is no whole number from `from` on. */
export function checkWhole(model: string, option: string, value: number, from: number): void {
  if (Number.isInteger(value) && value >= from) return;
  throw new OptionError(`${model}: ${option} is ${String(value)}. Pass a whole number from ${from}`);
}

/** Channels of a layer in a net of another width: a multiple of 4, since engines compute four at once; at least 4. */
export function widened(model: string, channels: number, width: number): number {
  if (!(Number.isFinite(width) && width > 0)) {
    throw new OptionError(`${model}: width is ${String(width)}. Pass a number above 0; 1 is the full net`);
  }
  return Math.max(4, 4 * Math.round((channels * width) / 4));
}
