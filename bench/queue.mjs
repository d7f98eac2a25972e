/** `npm run bench:queue`: wall time of an experiment over the workers of a queue, beside the same runs one after the other. README.md says how to read it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { number, readArguments, text, wholeNumber } from './argument-values.mjs';
import { checkBuilds } from './build-check.mjs';
import { BenchError, describeError } from './error.mjs';
import { describeMachine } from './machine.mjs';
import { quietWatch } from './quiet.mjs';
import { rounded } from './rounded.mjs';
import { median } from './statistics.mjs';

const usage = `npm run bench:queue -- [arguments]

Wall time of an experiment over the workers of a queue on Redis, over that of the same runs one after the other (--jobs 1). Both start a
process a run. The outcomes are compared bit for bit. The last line of the output is a JSON object.

          --workers N         processes of 'selfcure worker', default 2
          --seeds N           four runs a seed: ce, ce + relabel, scn, cure; default 3, twelve runs
          --epochs N, --samples N
                              of a run, default those of 'selfcure experiment compare'
          --rounds N          default 1; the ratio is the median of theirs
          --redis PROGRAM     default redis-server
          --quiet-within SECONDS
                              how long to wait for other processes to be quiet, default 120`;

const specification = Object.fromEntries(
  ['workers', 'seeds', 'epochs', 'samples', 'rounds', 'redis', 'quiet-within'].map((name) => [name, text]),
);

const log = (line) => console.error(line);

async function main(argv) {
  const given = readArguments(argv, { ...specification, help: { type: 'boolean', short: 'h' } });
  if (given.help) return console.log(usage);
  checkBuilds(log);
  const whole = (name, otherwise) => wholeNumber(name, given[name] ?? otherwise, 1);
  const workers = whole('workers', 2);
  const seeds = whole('seeds', 3);
  const rounds = whole('rounds', 1);
  const sizes = ['epochs', 'samples'].filter((name) => given[name] !== undefined);
  const options = sizes.flatMap((name) => [`--${name}`, String(whole(name))]);
  const watch = quietWatch({ seconds: number('quiet-within', given['quiet-within'] ?? 120, { from: 0 }), log });
  const folder = mkdtempSync(join(tmpdir(), 'selfcure-bench-'));
  const program = join(dirname(fileURLToPath(import.meta.resolve('selfcure'))), 'cli.js');
  const list = Array.from({ length: seeds }, (_, seed) => seed).join(',');
  const experiment = ['experiment', 'compare', '--recipes', 'scn,cure', '--seeds', list, ...options];

  /** Seconds of one experiment, and its outcomes without the time they took. */
  const timed = async (out, more) => {
    const start = performance.now();
    await finished(program, [...experiment, '--out', join(folder, out), ...more], folder);
    const seconds = (performance.now() - start) / 1000;
    const { runs } = JSON.parse(readFileSync(join(folder, out, 'results.json'), 'utf8'));
    const bits = runs.map(({ key, outcome: { curves, figures } }) => [key, curves, { ...figures, seconds: 0 }]);
    return { seconds, runs: runs.length, bits: JSON.stringify(bits) };
  };

  let redis = null;
  try {
    redis = await startRedis(given.redis ?? 'redis-server', folder);
    const results = [];
    for (let round = 1; round <= rounds; round++) {
      await watch.wait();
      const one = await watch.observe(() => timed(`sequential-${round}`, ['--jobs', '1']));
      log(`round ${round} of ${rounds}: ${one.runs} runs one after the other: ${one.seconds.toFixed(1)} s`);
      // A queue of its own: none of its outcomes is there yet.
      const queue = `redis://127.0.0.1:${redis.port}/round-${round}`;
      const serving = await Promise.all(Array.from({ length: workers }, () => startWorker(program, queue, folder)));
      try {
        await watch.wait();
        const other = await watch.observe(() => timed(`queue-${round}`, ['--queue', queue]));
        log(`round ${round} of ${rounds}: over ${workers} workers: ${other.seconds.toFixed(1)} s`);
        results.push({ one, other });
      } finally {
        for (const child of serving) child.kill('SIGTERM');
        await Promise.all(serving.map((child) => child.exitCode ?? once(child, 'exit')));
      }
    }
    const of = (values) => rounded(median(values));
    console.log(
      JSON.stringify({
        ratio: of(results.map(({ one, other }) => other.seconds / one.seconds)),
        sequential_s: of(results.map(({ one }) => one.seconds)),
        queue_s: of(results.map(({ other }) => other.seconds)),
        equal: results.every(({ one, other }) => one.bits === other.bits),
        runs: results[0].one.runs,
        workers,
        rounds,
        ...watch.report(),
        machine: describeMachine(),
      }),
    );
  } finally {
    redis?.child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a command of selfcure to its end. */
async function finished(program, args, cwd) {
  const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.on('data', (part) => {
    words = `${words}${part}`.slice(-4000);
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new BenchError(`selfcure ${args.join(' ')} ended with ${signal ?? `code ${code}`}: ${words}`);
}

/** Starts a worker and waits until it takes runs. */
async function startWorker(program, queue, cwd) {
  const child = spawn(process.execPath, [program, 'worker', '--json', '--queue', queue], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  const first = await Promise.race([once(lines, 'line'), once(child, 'exit')]);
  if (typeof first[0] !== 'string') throw new BenchError(`selfcure worker ended with code ${first[0]}`);
  // Read on, or the worker would wait at a full pipe.
  lines.on('line', () => {});
  return child;
}

/** Starts Redis on a free port, without a disk. */
async function startRedis(program, folder) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const failed = once(child, 'error').then(([error]) => {
    throw new BenchError(`${program}: ${error.message}. Debian has it: apt-get install redis-server`);
  });
  const ready = new Promise((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      if (line.includes('Ready to accept connections')) resolve();
    });
  });
  await Promise.race([ready, failed]);
  failed.catch(() => {});
  return { child, port };
}

await main(process.argv.slice(2)).catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
