/** `npm run bench:step`: time of one training step, our side against a peer. README.md says how to read it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArguments, usage } from './arguments.mjs';
import { backendNames, packageOf } from './backends.mjs';
import { checkBuilds } from './build-check.mjs';
import { BenchError, describeError } from './error.mjs';
import { describeMachine } from './machine.mjs';
import { quietWatch } from './quiet.mjs';
import { rounded } from './rounded.mjs';
import { compareVariants, measureRounds, summarize } from './rounds.mjs';
import { connectPage } from './side-page.mjs';
import { connectProcess } from './side-process.mjs';
import { openSide } from './side.mjs';
import { median } from './statistics.mjs';
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

/** Steps in which the kernels of WebGPU are counted and timed, after the measurement. */
const gpuSteps = 3;

const log = (line) => console.error(line);
const file = (path) => fileURLToPath(new URL(path, import.meta.url));

async function main() {
  checkBuilds(log);
  const { benchModelNames } = await import('./models.mjs');
  const options = parseArguments(process.argv.slice(2), { models: benchModelNames, backends: backendNames });
  if (options === 'help') return console.log(usage);
  const folder = mkdtempSync(join(tmpdir(), 'selfcure-bench-'));
  const sides = [];
  try {
    const { makeProblem } = await import('./problem.mjs');
    const problems = new Map();
    for (const recipe of new Set([options.ours.recipe, options.peer.recipe])) {
      problems.set(recipe, await makeProblem({ ...options, recipe }, folder));
    }
    for (const { label, start, setUp, recipe, version } of [
      ownSide('ours', options.ours, options.where),
      peerSide(options.peer, options.where),
    ]) {
      log(`Setting up ${label}…`);
      const problem = problems.get(recipe);
      sides.push(await openSide({ label, connection: await start(), setUp: { ...setUp, problem }, version }));
    }
    console.log(JSON.stringify(await compare(sides, options)));
  } finally {
    for (const side of sides) await side.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How to start our side; `own` is `{ backend, threads, recipe, options }`. */
const ownSide = (label, own, where) => ({
  label,
  start: starter({ label, name: 'selfcure', where }),
  setUp: { own, gpu: own.backend === 'webgpu' },
  recipe: own.recipe,
  version: versionOf(packageOf(own.backend)),
});

/** How to start the peer. */
function peerSide({ name, threads, recipe, device, own, python }, where) {
  const label = `peer ${name}`;
  if (own) return ownSide(label, own, where);
  if (name === 'torch') {
    const found = torchPython({ log, ...(python !== undefined && { python }) });
    log(`PyTorch of ${found.python} (${found.source}).`);
    const start = async () => connectProcess({ label, command: found.python, args: [file('sides/pytorch.py')] });
    return { label, start, setUp: { threads }, recipe };
  }
  return {
    label,
    start: starter({ label, name, where }),
    setUp: { device, gpu: device === 'webgpu' },
    recipe,
    version: versionOf({ tfjs: `@tensorflow/tfjs-backend-${device}`, jax: '@jax-js/jax' }[name]),
  };
}

/** Starts a side in JavaScript. */
const starter =
  ({ label, name, where }) =>
  async () =>
    where === 'chromium'
      ? connectPage({ label, name })
      : connectProcess({ label, command: process.execPath, args: [file('sides/in-node.mjs'), name] });

/** Version of a package. Its package.json may be no export of it: found beside the folder of its entry. */
function versionOf(name) {
  const manifest = new URL('../package.json', import.meta.resolve(name));
  return JSON.parse(readFileSync(fileURLToPath(manifest), 'utf8')).version;
}

/** The whole measurement; its result is what is printed. */
async function compare([ours, peer], options) {
  const adapters = [ours, peer].flatMap(({ description: { adapter } }) => adapter ?? []);
  if (new Set(adapters).size > 1)
    throw new BenchError(`The sides compute on different adapters of WebGPU: ${adapters.join(', ')}`);
  const sameStep = options.ours.recipe === options.peer.recipe;
  const difference = sameStep ? await compareSteps(ours, peer) : null;
  const watch = quietWatch({ seconds: options.quietWithin, log });
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
  for (const one of chosen) if (one.side.description.adapter) one.gpu = await gpuUse(one);

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
    where: options.where,
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

/** What a step asks of WebGPU; the median of kernel times. */
async function gpuUse({ side, variant }) {
  const uses = [];
  for (let i = 0; i < gpuSteps; i++) uses.push(await side.gpuUse(variant));
  const times = uses.map(({ kernelMs }) => kernelMs);
  return { ...uses.at(-1), kernelMs: times.includes(null) ? null : median(times) };
}

/** What a side was and how it computed. */
function sideReport({ side, variant, variants, gpu }, { recipe, options = {} }) {
  const { name, version, threads, adapter } = side.description;
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
    ...(gpu && {
      adapter,
      dispatches: gpu.dispatches,
      bytes_moved: { uploads: gpu.uploads, read_backs: gpu.readBacks },
      kernel_ms: gpu.kernelMs && rounded(gpu.kernelMs),
    }),
  };
}

await main().catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
