import type { Callback } from './callback.ts';

/**
 * Writes one JSON object a line for every epoch and warning.
 *
 * @param write takes one line, newline included.
 * @example callbacks: [jsonLinesLogger((line) => appendFileSync('history.jsonl', line))]
 */
export function jsonLinesLogger(write: (line: string) => void | Promise<void>): Callback {
  return {
    name: 'JSONLinesLogger',
    onEpochEnd: async ({ log }) => {
      await write(`${JSON.stringify({ event: 'epoch', ...log })}\n`);
    },
    onWarning: async (warning) => {
      await write(`${JSON.stringify({ event: 'warning', ...warning })}\n`);
    },
  };
}
