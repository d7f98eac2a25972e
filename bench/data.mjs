/** `npm run bench:data`: how long the engine waits for pictures in files. README.md says how to read it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backendNames, createBackend } from './backends.mjs';
import { checkBuilds } from './build-check.mjs';
import { parseArguments, usage } from './data/arguments.mjs';
import { BenchError, describeError } from './error.mjs';
import { describeMachine } from './machine.mjs';
import { quietWatch } from './quiet.mjs';
import { rounded } from './rounded.mjs';
import { median, medianInterval } from './statistics.mjs';

const log = (line) => console.error(line);

async function main() {
  checkBuilds(log);
  const { benchModelNames, modelByName } = await import('./models.mjs');
  const options = parseArguments(process.argv.slice(2), { models: benchModelNames, backends: backendNames });
  if (options === 'help') return console.log(usage);
  const { timedTraining, warmUpSteps } = await import('./data/timed-training.mjs');
  const { ours, size, channels, width, batch, steps, rounds, seed, quietWithin } = options;
  const needed = (warmUpSteps + steps + 1) * batch;
  if (options.files < needed)
    throw new BenchError(`--files ${options.files} are too few for ${steps} steps of ${batch}. Give --files ${needed}`);
  const folder = mkdtempSync(join(tmpdir(), 'selfcure-bench-'));
  const closing = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    const sources = await openSources(options, folder, closing);
    const backend = await createBackend(ours);
    closing.push(() => backend.close());
    const model = modelByName(options.model, { size, channels, width, classes: 7 });
    const turn = (data) => timedTraining({ backend, model, recipe: ours.recipe, batch, steps, seed, data });
    const watch = quietWatch({ seconds: quietWithin, log });
    await turn(sources[0].data); // compilers settle
    await watch.wait();
    const measured = [];
    for (let i = 0; i < rounds; i++) {
      const round = await watch.measure(async () => {
        const times = {};
        // Who begins changes from round to round.
        for (let k = 0; k < sources.length; k++) {
          const { name, data } = sources[(i + k) % sources.length];
          times[name] = await turn(data);
        }
        return times;
      });
      measured.push(round);
      const shown = sources.map(
        ({ name }) => `${name} ${round[name].step.toFixed(0)} ms (${round[name].idle.toFixed(1)} idle)`,
      );
      log(`Round ${i + 1} of ${rounds}: a step from ${shown.join(', ')}.`);
    }
    console.log(JSON.stringify(report(options, measured, sources, watch.report())));
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

/**
 * Where a training reads its pictures: the same pixels from each.
 *
 * @returns {Promise<{ name: string, data: import('@selfcure/core').Dataset }[]>}
 */
async function openSources({ files, source, size, channels, seed, decodeThreads, decoder }, folder, closing) {
  const { arrayDataset } = await import('@selfcure/data');
  const { imageFolder, openFolder, picturePool, sharpDecoder, tableDataset } = await import('@selfcure/data/node');
  const { writePictures } = await import('./data/picture-files.mjs');
  log(`Writing ${files} JPEG files of ${source} x ${source}…`);
  const bytes = await writePictures(join(folder, 'pictures'), { files, source, seed });
  log(`${(bytes / files / 1024).toFixed(1)} KiB each.`);
  const table = await imageFolder(openFolder(join(folder, 'pictures')));
  const pool = await picturePool({ threads: decodeThreads, decoder });
  const stored = await picturePool({ threads: decodeThreads, decoder, store: join(folder, 'store') });
  closing.push(
    () => pool.close(),
    () => stored.close(),
  );
  const making = { size, channels };
  const thread = await tableDataset(table, {
    ...making,
    ...(decoder === 'sharp' && { decoder: await sharpDecoder() }),
  });
  const pooled = await tableDataset(table, { ...making, pool });
  const fromStore = await tableDataset(table, { ...making, pool: stored });
  const ids = Int32Array.from({ length: files }, (_, i) => i);
  const [images, ...others] = await Promise.all([thread, pooled, fromStore].map((data) => data.read(ids)));
  if (!others.every((other) => Buffer.compare(images, other) === 0))
    throw new BenchError('the sources give different pixels. Nothing is measured');
  const { labels, classes, shape } = thread;
  return [
    { name: 'memory', data: arrayDataset({ images, labels, classes, shape }) },
    { name: 'thread', data: thread },
    { name: 'threads', data: pooled },
    { name: 'store', data: fromStore },
  ];
}

/** What is printed. */
function report(options, measured, sources, { quiet, foreignCpu }) {
  const { ours, model, size, channels, width, batch, source, files, decodeThreads, decoder, steps, rounds, seed } =
    options;
  const of = (name, figure) => measured.map((round) => figure(round[name], round.memory));
  const share = (values) => {
    const { low, high } = medianInterval(values);
    return [median(values), low, high].map(rounded);
  };
  const figures = Object.fromEntries(
    sources.map(({ name }) => [
      name,
      {
        step_ms: rounded(median(of(name, ({ step }) => step))),
        idle_ms: rounded(median(of(name, ({ idle }) => idle))),
        idle_share: share(of(name, ({ idle, step }) => idle / step)),
        // Bookkeeping, augmentation and normalization stand in the control too; the rest is waiting for pictures.
        ...(name !== 'memory' && {
          wait_share: share(of(name, ({ idle, step }, memory) => (idle - memory.idle) / step)),
          step_ratio: share(of(name, ({ step }, memory) => step / memory.step)),
        }),
      },
    ]),
  );
  return {
    wait_share: figures.threads.wait_share,
    wait_share_without_threads: figures.thread.wait_share,
    augmentation_share: share(of('memory', ({ augmenting, step }) => augmenting / step)),
    sources: figures,
    rounds,
    steps,
    machine: describeMachine(),
    quiet,
    foreign_cpu: foreignCpu === null ? null : rounded(foreignCpu),
    files,
    source,
    size,
    channels,
    model,
    width,
    batch,
    seed,
    backend: ours.backend,
    threads: ours.threads,
    recipe: ours.recipe,
    decode_threads: decodeThreads,
    decoder,
  };
}

await main().catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
