/** Workers and experiments of the tests of the queue. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunOutcome } from '@selfcure/experiments';

/** One line of `--json`. */
export interface Event {
  readonly event: string;
  /** Of a worker's runs. */
  readonly name?: string;
  readonly epoch?: number;
  readonly pid?: number;
  readonly message?: string;
  readonly [field: string]: unknown;
}

/** The objects that a command has printed. */
export const eventsOf = (stdout: string): Event[] =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Event);

/** A process of `selfcure worker` with its own process group, so that it can be killed together with the processes of its runs. */
export interface Worker {
  /** What it has printed so far. */
  readonly events: readonly Event[];
  /** Resolves at the first event that fits, also one that was before. */
  seen(fits: (event: Event) => boolean): Promise<Event>;
  /** Of the worker and the processes of its runs. */
  signalAll(signal: NodeJS.Signals): void;
  /** Of the worker alone, as Kubernetes does. */
  signal(signal: NodeJS.Signals): void;
  /** How it ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** Starts a worker and waits until it takes runs. */
export async function startWorker(program: string, cwd: string, args: readonly string[]): Promise<Worker> {
  const child = spawn(process.execPath, [program, 'worker', '--json', ...args], {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const worker = watched(child);
  const ended = worker.ended.then(({ code }) => {
    throw new Error(`the worker ended with ${code} before it was ready: ${worker.words()}`);
  });
  await Promise.race([worker.seen(({ event }) => event === 'ready'), ended]);
  ended.catch(() => {});
  return worker;
}

function watched(child: ChildProcess): Worker & { words(): string } {
  const events: Event[] = [];
  const waiting = new Set<() => void>();
  let words = '';
  child.stderr!.on('data', (data: Buffer) => (words += data.toString()));
  createInterface(child.stdout!).on('line', (line) => {
    events.push(JSON.parse(line) as Event);
    for (const look of [...waiting]) look();
  });
  return {
    events,
    words: () => words,
    seen: (fits) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = events.find(fits);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    signalAll: (signal) => {
      try {
        process.kill(-child.pid!, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    },
    signal: (signal) => void child.kill(signal),
    ended: once(child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    })),
  };
}

/** Labels, figures and curves of every run, without the time they took. */
export const outcomesIn = (folder: string): unknown[] =>
  (
    JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')) as {
      runs: { labels: unknown; spec: unknown; outcome: RunOutcome }[];
    }
  ).runs.map(({ labels, spec, outcome }) => ({
    labels,
    spec,
    curves: outcome.curves,
    figures: { ...outcome.figures, seconds: 0 },
  }));
