/** `npm run bench:all-reduce`: time of averaging a network's gradients over workers, alone and inside of a training step. */
import { fork } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { number, oneOf, readArguments, text, wholeNumber } from './argument-values.mjs';
import { checkBuilds } from './build-check.mjs';
import { BenchError, describeError } from './error.mjs';
import { describeMachine } from './machine.mjs';
import { rounded } from './rounded.mjs';
import { median } from './statistics.mjs';

const usage = `npm run bench:all-reduce -- [arguments]

Time of an all-reduce of all gradients of a network over processes on this machine that @selfcure/tensorflow connects: alone, and
as what a training step takes longer with it than without. The last line of the output is a JSON object.

          --workers N         processes, default 2
          --model NAME        default resnet18-s2
          --size N, --channels N, --width FACTOR, --batch N
                              default 48, 1, 1, 32; the batch is that of one worker
          --threads N         of each worker, default 1
          --device NAME       cpu, cuda or auto, default cpu
          --rounds N          default 9
          --turn SECONDS      time of one kind in a round, default 2`;

const specification = Object.fromEntries(
  ['workers', 'model', 'size', 'channels', 'width', 'batch', 'threads', 'device', 'rounds', 'turn'].map((name) => [
    name,
    text,
  ]),
);

/** What is timed: the average alone, the step without it, the step with it. */
const kinds = ['alone', 'without', 'with'];

const log = (line) => console.error(line);

async function main(argv) {
  const given = readArguments(argv, { ...specification, help: { type: 'boolean', short: 'h' } });
  if (given.help) return console.log(usage);
  checkBuilds(log);
  const { benchModelNames } = await import('./models.mjs');
  const whole = (name, otherwise, from) => wholeNumber(name, given[name] ?? otherwise, from);
  const options = {
    workers: whole('workers', 2, 2),
    model: oneOf('model', given.model ?? 'resnet18-s2', benchModelNames),
    size: whole('size', 48, 1),
    channels: whole('channels', 1, 1),
    width: number('width', given.width ?? 1, { above: 0 }),
    batch: whole('batch', 32, 2),
    threads: whole('threads', 1, 1),
    device: oneOf('device', given.device ?? 'cpu', ['cpu', 'cuda', 'auto']),
  };
  const rounds = whole('rounds', 9, 1);
  const turn = number('turn', given.turn ?? 2, { above: 0 });
  const addresses = await freeAddresses(options.workers);
  const ranks = addresses.map((_, index) => startWorker({ ...options, addresses, index }));
  try {
    const [{ floats, operations }] = await all(ranks, { do: 'setUp' });
    log(`${options.workers} workers, ${floats} gradients, ${operations} operations a step`);
    const counts = {};
    for (const kind of kinds) {
      const [{ milliseconds }] = await all(ranks, { do: 'run', kind, count: 3 });
      // The same number on all workers: they meet in every run.
      counts[kind] = Math.max(1, Math.round((turn * 1000) / median(milliseconds)));
    }
    const times = Object.fromEntries(kinds.map((kind) => [kind, []]));
    for (let round = 1; round <= rounds; round++) {
      for (const kind of kinds) {
        const answers = await all(ranks, { do: 'run', kind, count: counts[kind] });
        times[kind].push(median(answers.flatMap(({ milliseconds }) => milliseconds)));
      }
      log(
        `round ${round} of ${rounds}: ${kinds.map((kind) => `${kind} ${times[kind].at(-1).toFixed(1)} ms`).join(', ')}`,
      );
    }
    const of = (kind) => rounded(median(times[kind]));
    console.log(
      JSON.stringify({
        all_reduce_ms: of('alone'),
        inside_step_ms: rounded(median(times.with.map((time, i) => time - times.without[i]))),
        step_ms: of('with'),
        step_without_ms: of('without'),
        floats,
        mib: rounded((4 * floats) / 2 ** 20),
        operations,
        rounds,
        ...options,
        machine: describeMachine(),
      }),
    );
    await all(ranks, { do: 'close' });
  } finally {
    for (const { child } of ranks) child.kill();
  }
}

/** Asks every worker and waits for all answers. */
const all = (ranks, message) => Promise.all(ranks.map(({ ask }) => ask(message)));

function startWorker(options) {
  const child = fork(fileURLToPath(import.meta.url), ['--worker', JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (part) => {
    errors = `${errors}${part}`.slice(-4000);
  });
  let waiting = null;
  const settle = (answer) => {
    const pending = waiting;
    waiting = null;
    if (answer.error === undefined) pending?.resolve(answer);
    else pending?.reject(new BenchError(`worker ${options.index}: ${answer.error}`));
  };
  child.on('message', settle);
  child.on('exit', (code, signal) =>
    settle({ error: `it ended with ${signal ?? `exit code ${code}`}.\n${errors.trim()}` }),
  );
  return {
    child,
    ask: (message) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        child.send(message);
      }),
  };
}

async function freeAddresses(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const addresses = servers.map((server) => `127.0.0.1:${server.address().port}`);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return addresses;
}

/** One of the processes. */
async function work({ addresses, index, model: name, size, channels, width, batch, threads, device }) {
  const { adam, initialState, scn, trainingStep } = await import('@selfcure/core');
  const { trace } = await import('@selfcure/tensor');
  const { tensorflow } = await import('@selfcure/tensorflow');
  const { modelByName } = await import('./models.mjs');
  const backend = await tensorflow({ device, threads, cluster: { workers: addresses, index } });
  const model = modelByName(name, { size, channels, width });
  const optimizer = adam();
  const step = (workers) => trainingStep({ model, method: scn(), batchSize: batch, optimizer, workers });
  const graph = step(addresses.length);
  const trained = graph.nodes.find(({ op }) => op === 'adam').attributes.parameters;
  const parameters = graph.state.filter(({ name: own }) => trained.includes(own));
  const average = trace((ops) => {
    for (const { name: own, shape, init } of parameters) ops.parameter(own, shape, init);
    for (const { name: own } of parameters) ops.assign(own, ops.allReduceMean(ops.read(own)));
    return { done: ops.full(1, []) };
  });

  const numbers = (count) => Float32Array.from({ length: count }, (_, i) => ((i * 0.6180339887) % 1) - 0.5);
  const { classes } = model;
  const inputs = {
    images: numbers(batch * size * size * channels),
    targets: Float32Array.from({ length: batch * classes }, (_, i) =>
      i % classes === Math.floor(i / classes) % classes ? 1 : 0,
    ),
    weight: new Float32Array(batch).fill(1),
    ...Object.fromEntries(
      Object.entries(optimizer.scalars({ step: 0, epoch: 1, stepsPerEpoch: 1, epochs: 1 })).map(([own, value]) => [
        own,
        Float32Array.of(value),
      ]),
    ),
  };
  const first = initialState(graph.state, 0);
  const prepare = async (what, given) => {
    const program = await backend.compile(what);
    const state = await backend.createState(
      what.state,
      Object.fromEntries(what.state.map(({ name: own }) => [own, first[own]])),
    );
    return { program, run: () => program.run(state, given) };
  };
  const programs = {
    alone: await prepare(average, {}),
    without: await prepare(step(1), inputs),
    with: await prepare(graph, inputs),
  };
  return {
    setUp: () => ({
      floats: parameters.reduce((sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1), 0),
      operations: programs.with.program.report.steps,
    }),
    run: async ({ kind, count }) => {
      const milliseconds = [];
      for (let i = 0; i < count; i++) {
        const start = performance.now();
        await programs[kind].run();
        milliseconds.push(performance.now() - start);
      }
      return { milliseconds };
    },
    close: async () => {
      await backend.close();
      return {};
    },
  };
}

if (process.argv[2] === '--worker') {
  const opened = work(JSON.parse(process.argv[3]));
  opened.catch(() => {}); // Whoever asks first is told.
  process.on('message', async (message) => {
    try {
      process.send(await (await opened)[message.do](message));
    } catch (error) {
      process.send({ error: describeError(error) });
    }
    if (message.do === 'close') process.disconnect();
  });
} else {
  await main(process.argv.slice(2)).catch((error) => {
    console.error(describeError(error));
    process.exitCode = 1;
  });
}
