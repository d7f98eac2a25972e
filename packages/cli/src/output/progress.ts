import type { Callback } from '@selfcure/core';
// @ts-expect-error: cli-progress comes without types; SingleBar below names what is used of it.
import progress from 'cli-progress';
import type { Shell } from '../shell.ts';
import { epochLine } from './epoch-line.ts';
import { duration } from './format.ts';
import { paint } from './paint.ts';

/** Writes one JSON object a line. */
export function jsonLine(shell: Shell, event: Readonly<Record<string, unknown>>): void {
  shell.stdout.write(`${JSON.stringify(event)}\n`);
}

/** A warning that nobody overlooks. */
export function writeWarning(shell: Shell, message: string): void {
  const color = paint(shell.stderr);
  shell.stderr.write(`${color.yellow(color.bold('warning'))} ${color.yellow(message)}\n`);
}

/**
 * Shows a run: a line an epoch on stdout (a JSON object with `json`), warnings on stderr and, where a person looks, a bar
 * with epoch, step, loss and the time left.
 */
export function showProgress(shell: Shell, { json }: { readonly json: boolean }): Callback & { close(): void } {
  const bar = json || shell.stderr.isTTY !== true ? null : progressBar(shell);
  return {
    name: 'Progress',
    onStepEnd: (event) => bar?.step(event),
    onEpochEnd: ({ log, epochs }) => {
      bar?.clear();
      if (json) jsonLine(shell, { event: 'epoch', ...log });
      else shell.stdout.write(`${epochLine(log, epochs)}\n`);
    },
    onWarning: (warning) => {
      bar?.clear();
      if (json) jsonLine(shell, { event: 'warning', ...warning });
      writeWarning(shell, `epoch ${warning.epoch}: ${warning.message}`);
    },
    close: () => bar?.clear(),
  };
}

/** A bar of cli-progress. */
interface SingleBar {
  start(total: number, value: number, payload: Readonly<Record<string, string | number>>): void;
  update(value: number, payload: Readonly<Record<string, string | number>>): void;
  stop(): void;
}

type Step = Parameters<NonNullable<Callback['onStepEnd']>>[0];

function progressBar({ stderr }: Shell): { step(event: Step): void; clear(): void } {
  let bar: SingleBar | null = null;
  let first: { at: number; done: number } | null = null;
  let losses = 0;
  let counted = 0;
  return {
    step: ({ epoch, epochs, step, stepsPerEpoch, loss }) => {
      const done = (epoch - 1) * stepsPerEpoch + step;
      first ??= { at: Date.now(), done };
      if (!bar) {
        losses = 0;
        counted = 0;
      }
      losses += loss;
      counted++;
      const rate = (done - first.done) / Math.max(Date.now() - first.at, 1);
      const payload = {
        epoch,
        epochs,
        loss: (losses / counted).toFixed(4),
        left: rate > 0 ? duration((epochs * stepsPerEpoch - done) / rate / 1000) : '…',
      };
      if (bar) {
        bar.update(step, payload);
        return;
      }
      bar = new progress.SingleBar({
        format: 'epoch {epoch}/{epochs} [{bar}] step {value}/{total}  loss {loss}  {left} left',
        stream: stderr,
        barsize: 24,
        clearOnComplete: true,
      }) as SingleBar;
      bar.start(stepsPerEpoch, step, payload);
    },
    clear: () => {
      bar?.stop();
      bar = null;
    },
  };
}
