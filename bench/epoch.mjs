/** `npm run bench:epoch`: time and memory of one epoch of training, beside PyTorch's memory. README.md says how to read it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backendNames } from './backends.mjs';
import { checkBuilds } from './build-check.mjs';
import { parseArguments, usage } from './epoch/arguments.mjs';
import { describeError } from './error.mjs';
import { describeMachine } from './machine.mjs';
import { quietWatch } from './quiet.mjs';
import { rounded } from './rounded.mjs';
import { openSide } from './side.mjs';
import { connectProcess } from './side-process.mjs';
import { torchPython } from './torch-environment.mjs';

/** Steps of PyTorch after which its memory is read; its allocator takes a hundredth more in the next hundred. */
const torchSteps = 20;

/** PyTorch's orders of numbers in memory, measured in processes of their own. */
const torchVariants = ['default', 'channels_last'];

const log = (line) => console.error(line);
const file = (path) => fileURLToPath(new URL(path, import.meta.url));

async function main() {
  checkBuilds(log);
  const { modelNames } = await import('@selfcure/models');
  const options = parseArguments(process.argv.slice(2), { models: modelNames, backends: backendNames });
  if (options === 'help') return console.log(usage);
  const ours = await runEpoch(options);
  const peer = options.peer && (await measureTorch(options, ours.data));
  console.log(JSON.stringify(report(options, ours, peer)));
}

/** Our epoch: what the side says of itself, what the epoch took, how busy others were. */
async function runEpoch({ ours: own, data, samples, seed, model, width, batch, quietWithin }) {
  log(data === null ? `Drawing ${samples} faces…` : `Reading ${data}…`);
  const label = 'ours';
  const args = ['--expose-gc', file('sides/epoch.mjs')];
  const side = await openSide({
    label,
    connection: connectProcess({ label, command: process.execPath, args }),
    setUp: { own, data, samples, seed },
  });
  try {
    const { description } = side;
    log(`${description.data.images} images (${description.data.name}), ${description.name}.`);
    const watch = quietWatch({ seconds: quietWithin, log });
    await watch.wait();
    log('Training for one epoch…');
    const epoch = await watch.observe(() => side.request({ do: 'epoch', model, width, batch }));
    const speed = (epoch.steps * batch) / epoch.seconds;
    log(
      `${epoch.seconds.toFixed(1)} s, ${speed.toFixed(0)} images/s, loss ${epoch.loss.toFixed(4)}; ${memoryOf(epoch.peakBytes)}, ${mebibytes(description.dataBytes)} of it before the model.`,
    );
    return { ...description, ...epoch, ...watch.report() };
  } finally {
    await side.close();
  }
}

/** PyTorch's memory in the same network and batch, for each of its variants. */
async function measureTorch({ peer: { python: given }, ours, model, width, batch, seed }, { shape, classes }) {
  const { python, source } = torchPython({ log, ...(given !== undefined && { python: given }) });
  log(`PyTorch of ${python} (${source}).`);
  const { makeProblem } = await import('./problem.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'selfcure-bench-'));
  try {
    const [size, , channels] = shape;
    const { recipe, threads } = ours;
    const problem = await makeProblem({ model, size, channels, width, classes, batch, recipe, seed }, folder);
    const variants = [];
    for (const variant of torchVariants) {
      const label = `peer torch (${variant})`;
      const side = await openSide({
        label,
        connection: connectProcess({ label, command: python, args: [file('sides/pytorch.py')] }),
        setUp: { problem, threads, variants: [variant] },
      });
      try {
        await side.steps(torchSteps, variant);
        const memory = await side.request({ do: 'memory' });
        log(
          `${side.label}: ${memoryOf(memory.peakBytes)}, ${mebibytes(memory.importBytes)} of it when the imports were done.`,
        );
        variants.push({ ...side.description, variant, ...memory });
      } finally {
        await side.close();
      }
    }
    return variants;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is printed. */
function report({ ours: own, model, width, batch, seed }, ours, peer) {
  const { name, version, threads, data, seconds, steps, flops, quiet, foreignCpu } = ours;
  const best = peer?.reduce((a, b) => (b.peakBytes < a.peakBytes ? b : a));
  const training = { ours: ours.peakBytes - ours.dataBytes, best: best && best.peakBytes - best.importBytes };
  return {
    epoch_s: rounded(seconds),
    images_per_s: rounded((steps * batch) / seconds),
    gflop: rounded((steps * flops) / 1e9),
    gflop_per_s: rounded((steps * flops) / 1e9 / seconds),
    peak_mib: mebibytes(ours.peakBytes),
    peer_peak_mib: best ? mebibytes(best.peakBytes) : null,
    peak_ratio: best ? rounded(ours.peakBytes / best.peakBytes) : null,
    training_ratio: best ? rounded(training.ours / training.best) : null,
    machine: describeMachine(),
    quiet,
    foreign_cpu: foreignCpu === null ? null : rounded(foreignCpu),
    data: data.name,
    images: data.images,
    steps,
    model,
    size: data.shape[0],
    channels: data.shape[2],
    width,
    batch,
    seed,
    selfcure: {
      name,
      version,
      threads,
      recipe: own.recipe,
      ...(Object.keys(own.options).length > 0 && { options: own.options }),
      train_s: rounded(ours.trainSeconds),
      loss: rounded(ours.loss),
      accuracy: rounded(ours.accuracy),
      imports_mib: mebibytes(ours.importBytes),
      with_data_mib: mebibytes(ours.dataBytes),
      training_mib: mebibytes(training.ours),
      peak_mib: mebibytes(ours.peakBytes),
      wasm_mib: ours.wasmBytes && mebibytes(ours.wasmBytes),
      arena_mib: mebibytes(ours.arenaBytes),
      state_mib: mebibytes(ours.stateBytes),
    },
    peer: best
      ? {
          name: best.name,
          version: best.version,
          threads: best.threads,
          variant: best.variant,
          imports_mib: mebibytes(best.importBytes),
          training_mib: mebibytes(training.best),
          peak_mib: mebibytes(best.peakBytes),
          variants_mib: Object.fromEntries(peer.map(({ variant, peakBytes }) => [variant, mebibytes(peakBytes)])),
        }
      : null,
  };
}

const mebibytes = (bytes) => Math.round(bytes / 2 ** 20);
const memoryOf = (bytes) => `at most ${mebibytes(bytes)} MiB resident`;

await main().catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
