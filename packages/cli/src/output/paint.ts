import pc from 'picocolors';
import type { Output } from '../shell.ts';

/** Colours for an output: none where nobody looks or NO_COLOR is set. */
export function paint(output: Output): ReturnType<typeof pc.createColors> {
  return pc.createColors(output.isTTY === true && !process.env['NO_COLOR']);
}
