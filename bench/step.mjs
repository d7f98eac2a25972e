/** `npm run bench:step`: time of one training step, our side against a peer. README.md says how to read it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArguments, usage } from './arguments.mjs';
import { backendNames } from './backends.mjs';
import { checkBuilds } from './build-check.mjs';
import { BenchError, describeError } from './error.mjs';
import { describeMachine } from './machine.mjs';
import { quietWatch } from './quiet.mjs';
import { rounded } from './rounded.mjs';
import { compareVariants, measureRounds, summarize } from './rounds.mjs';
import { openSide } from './side.mjs';
import { torchPython } from './torch-environment.mjs';

/** Largest relative difference of the objectives of both sides at the first step. */
const firstStepTolerance = 1e-4;
/**
 * The same at the second step, which shows gradients and update of the first. Rounding turns the sign of ReLU inputs and, by
 * Adam's first step, of updates near 0: differences of 5e-3 were seen between sides that are both right, on tiny batches.
 */
const secondStepTolerance = 2e-2;
/** Largest relative difference of the root mean square of all running means and variances after the second step. */
const statisticsTolerance = 1e-3;

const log = (line) => console.error(line);
const file = (path) => fileURLToPath(new URL(path, import.meta.url));

async function main() {
  checkBuilds(log);
  const { modelNames } = await import('@selfcure/models');
  const options = parseArguments(process.argv.slice(2), { models: modelNames, backends: backendNames });
  if (options === 'help') return console.log(usage);
  const folder = mkdtempSync(join(tmpdir(), 'selfcure-bench-'));
  const sides = [];
  try {
    const { makeProblem } = await import('./problem.mjs');
    const problems = new Map();
    for (const recipe of new Set([options.ours.recipe, options.peer.recipe])) {
      problems.set(recipe, await makeProblem({ ...options, recipe }, folder));
    }
    for (const start of [ownSide('ours', options.ours), peerSide(options.peer)]) {
      log(`Setting up ${start.label}…`);
      const { recipe, ...side } = start;
      sides.push(await openSide({ ...side, setUp: { ...side.setUp, problem: problems.get(recipe) } }));
    }
    console.log(JSON.stringify(await compare(sides, options)));
  } finally {
    for (const side of sides) side.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How to start our side; `own` is `{ backend, threads, recipe, options }`. */
const ownSide = (label, own) => ({
  label,
  command: process.execPath,
  args: [file('sides/selfcure.mjs')],
  setUp: { own },
  recipe: own.recipe,
});

/** How to start the peer. */
function peerSide({ name, threads, recipe, own, python }) {
  const label = `peer ${name}`;
  if (own) return ownSide(label, own);
  if (name === 'torch') {
    const found = torchPython({ log, ...(python !== undefined && { python }) });
    log(`PyTorch of ${found.python} (${found.source}).`);
    return { label, command: found.python, args: [file('sides/pytorch.py')], setUp: { threads }, recipe };
  }
  return { label, command: process.execPath, args: [file(`sides/${name}.mjs`)], setUp: {}, recipe };
}

/** The whole measurement; its result is what is printed. */
async function compare([ours, peer], options) {
  const sameStep = options.ours.recipe === options.peer.recipe;
  const difference = sameStep ? await compareSteps(ours, peer) : null;
  const watch = quietWatch({ pids: [process.pid, ours.pid, peer.pid], seconds: options.quietWithin, log });
  await watch.wait();
  const chosen = [];
  for (const side of [ours, peer]) {
    const { fastest, milliseconds } = await compareVariants(side, options.turn);
    log(
      `${side.label}: ${Object.entries(milliseconds)
        .map(([variant, ms]) => `${variant} ${ms.toFixed(1)} ms`)
        .join(', ')}`,
    );
    chosen.push({ side, variant: fastest, milliseconds: milliseconds[fastest], variants: milliseconds });
  }
  const { rounds, turn } = options;
  let round = 0;
  const measure = async (task) => {
    const times = await watch.measure(task);
    const [a, b] = times;
    log(`round ${++round} of ${rounds}: ${a.toFixed(1)} / ${b.toFixed(1)} ms = ${(a / b).toFixed(3)}`);
    return times;
  };
  const times = await measureRounds({ sides: chosen, rounds, turn, measure });

  const summary = summarize(times);
  const { quiet, foreignCpu } = watch.report();
  const { flops } = ours.description;
  return {
    selfcure_ms: rounded(summary.first),
    peer_ms: rounded(summary.second),
    ratio: rounded(summary.ratio),
    ratio_low: rounded(summary.low),
    ratio_high: rounded(summary.high),
    rounds: times.length,
    machine: describeMachine(),
    quiet,
    foreign_cpu: foreignCpu === null ? null : rounded(foreignCpu),
    model: options.model,
    size: options.size,
    channels: options.channels,
    width: options.width,
    batch: options.batch,
    gflop: rounded(flops / 1e9),
    selfcure: sideReport(chosen[0], options.ours),
    peer: sideReport(chosen[1], options.peer.own ?? { recipe: options.peer.recipe }),
    loss_difference: difference && rounded(difference.first),
    second_loss_difference: difference && rounded(difference.second),
  };
}

/**
 * Runs two steps of every variant of both sides from the same weights on the same batches.
 *
 * @returns {Promise<{ first: number, second: number }>} the largest relative differences of the objectives
 * @throws {BenchError} where they are no rounding
 */
async function compareSteps(ours, peer) {
  const runs = async (side) => {
    const found = [];
    for (const variant of side.description.variants) {
      const { objectives } = await side.steps(2, variant);
      found.push({ variant, values: [...objectives, await side.statistics(variant)] });
    }
    return found;
  };
  const [{ values: expected }] = await runs(ours);
  const largest = [0, 0, 0];
  for (const { variant, values } of await runs(peer)) {
    values.forEach((value, i) => {
      const difference = Math.abs(value - expected[i]) / Math.abs(expected[i]);
      const what = ['objective of the first step', 'objective of the second step', 'running statistics'][i];
      const tolerance = [firstStepTolerance, secondStepTolerance, statisticsTolerance][i];
      if (!(difference <= tolerance)) {
        throw new BenchError(
          `${peer.label} (${variant}) computes another step: ${what} ${value}, ours ${expected[i]}, relative difference ` +
            `${difference.toExponential(1)} (at most ${tolerance})`,
        );
      }
      largest[i] = Math.max(largest[i], difference);
    });
  }
  log(
    `Both sides compute the same step: objective ${expected[0].toFixed(6)}, relative difference ${largest[0].toExponential(1)}.`,
  );
  return { first: largest[0], second: largest[1] };
}

/** What a side was and how it computed. */
function sideReport({ side, variant, variants }, { recipe, options = {} }) {
  const { name, version, threads } = side.description;
  const peak = side.peakBytes();
  return {
    name,
    version,
    threads,
    recipe,
    ...(Object.keys(options).length > 0 && { options }),
    variant,
    ...(Object.keys(variants).length > 1 && {
      variants_ms: Object.fromEntries(Object.entries(variants).map(([key, value]) => [key, rounded(value)])),
    }),
    peak_mib: peak && Math.round(peak / 2 ** 20),
  };
}

await main().catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
