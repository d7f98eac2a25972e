#!/usr/bin/env node
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
  process.stderr.write('\nPausing after this step; once more ends at once.\n');
  controller.abort();
};
for (const one of signals) process.on(one, interrupt);

process.exitCode = await main(process.argv.slice(2), { signal: controller.signal });
for (const one of signals) process.off(one, interrupt);
