#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { main } from './main.ts';

// A reader that stops early (`selfcure relabels list runs/a | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const controller = new AbortController();
const signals = ['SIGINT', 'SIGTERM'] as const;
const interrupt = (signal: NodeJS.Signals): void => {
  if (controller.signal.aborted) {
    // The second time the signal does what it does to any process.
    for (const one of signals) process.off(one, interrupt);
    // The progress bar has switched line wrap off.
    if (process.stderr.isTTY) process.stderr.write('\u001b[?7h\n');
    process.kill(process.pid, signal);
    return;
  }
  // The process of a job hears the signal of its terminal too, and its parent says so for all.
  // None of several workers can take a step alone.
  const part = process.argv.some((argument) => argument.startsWith('--workers')) ? 'epoch' : 'step';
  if (process.argv[2] !== 'job') process.stderr.write(`\nPausing after this ${part}; once more ends at once.\n`);
  controller.abort();
};
for (const one of signals) process.on(one, interrupt);

process.exitCode = await main(process.argv.slice(2), {
  signal: controller.signal,
  program: fileURLToPath(import.meta.url),
});
for (const one of signals) process.off(one, interrupt);
