/** A child process that answers a line of JSON with a line of JSON. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BenchError } from './error.mjs';
import { peakBytes } from './memory.mjs';

/**
 * Starts a side's process.
 *
 * @param {{ label: string, command: string, args: readonly string[] }} options
 * @returns {import('./side.mjs').Connection}
 */
export function connectProcess({ label, command, args }) {
  const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors = `${errors}${text}`.slice(-4000);
  });
  child.stdin.on('error', () => {}); // A side that is gone shows itself by the end of its output.
  const ended = new Promise((resolve) => {
    child.on('error', (cause) => resolve(cause.message));
    child.on('close', (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const parsed = (line) => {
    try {
      return JSON.parse(line);
    } catch (cause) {
      throw new BenchError(`${label}: answered no JSON but '${line}'`, { cause });
    }
  };
  return {
    request: async (message) => {
      child.stdin.write(`${JSON.stringify(message)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new BenchError(`${label}: no answer, ${await ended}.\n${errors.trim()}`);
      return parsed(value);
    },
    peakBytes: () => peakBytes(child.pid),
    close: async () => {
      child.stdin.end();
      child.kill();
    },
  };
}
