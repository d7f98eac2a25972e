/**
 * `npm run bench:kernels`: time of single operations on the shapes of a ResNet-18, or of the kernels of a training step, as tables.
 * GFLOP/s count the multiplications of the plain algorithm, so that Winograd's fewer ones show as more; they stand beside the
 * multiply-add peak that the machine reaches on registers.
 */
import { openGpu } from '#gpu';
import { flopsOf, sizeOf, trace } from '@selfcure/tensor';
import { backendNames, createBackend } from './backends.mjs';
import { checkBuilds } from './build-check.mjs';
import { describeError } from './error.mjs';
import { parseArguments, usage } from './kernels/arguments.mjs';
import { cases } from './kernels/cases.mjs';
import { gpuPeak } from './kernels/gpu-peak.mjs';
import { multiplyAddPeak } from './kernels/peak.mjs';
import { stepKernels } from './kernels/step-kernels.mjs';
import { printStep } from './kernels/step-table.mjs';
import { digits, printHead, printRow } from './kernels/table.mjs';
import { median } from './statistics.mjs';

const leastRuns = 9;

async function main() {
  checkBuilds((line) => console.error(line));
  const { benchModelNames } = await import('./models.mjs');
  const options = parseArguments(process.argv.slice(2), { backends: backendNames, models: benchModelNames });
  if (options === 'help') return console.log(usage);
  const engine = await (options.backend === 'webgpu' ? onGpu() : onHost());
  const { batch, step } = options;
  if (!step) return printOperations(engine, options);
  printStep({ ...(await stepKernels({ meter: engine.meter, batch, ...step })), peak: engine.peak, gpus: step.gpus });
}

/** How an engine is measured: `peak` of one thread, and the milliseconds that a task computes. */
async function onHost() {
  const time = async (task) => {
    const start = performance.now();
    await task();
    return performance.now() - start;
  };
  return { peak: await multiplyAddPeak(), time };
}

/** The same on WebGPU: the time of its kernels, without submission and read-back. */
async function onGpu() {
  const { adapter, meter } = await openGpu();
  const peak = await gpuPeak(meter);
  console.log(`WebGPU on ${adapter}\n`);
  return { peak, meter, time: async (task) => (await meter.measure(task)).kernelMs };
}

/** Single operations. */
async function printOperations({ peak, time }, { backend: name, batch, threads, exact, only, seconds }) {
  const backend = await createBackend({ backend: name, threads, options: exact ? { exact } : {} });
  const ofPeak = `of the peak ${peak.toFixed(1)}`;
  printHead(['operation', 'shape', 'ms (median)', 'ms (best)', 'GFLOP/s', ofPeak, 'GB/s', 'flop/byte']);
  for (const { name: shape, kernel, bytes: swept, build } of cases(batch)) {
    if (!`${kernel} ${shape}`.includes(only)) continue;
    const { times, flops, bytes } = await measure(backend, { build, seconds, time });
    const middle = median(times);
    const speed = flops / middle / 1e6;
    printRow([
      kernel,
      shape,
      middle.toFixed(2),
      Math.min(...times).toFixed(2),
      ...(swept ? ['', ''] : [digits(speed), `${((100 * speed) / peak / threads).toFixed(0)} %`]),
      digits((swept ?? bytes) / middle / 1e6),
      swept ? '' : (flops / bytes).toFixed(1),
    ]);
  }
  await backend.close();
}

/** Milliseconds of repeated runs of one operation, its floating-point operations, and the bytes that it reads and writes. */
async function measure(backend, { build, seconds, time }) {
  let written = 0;
  const graph = trace((ops) => {
    const y = build(ops);
    written = sizeOf(y.shape);
    return { first: ops.rows(ops.reshape(y, [written]), 0, 1) };
  });
  const program = await backend.compile(graph);
  const state = await backend.createState(
    graph.state,
    Object.fromEntries(graph.state.map((spec, i) => [spec.name, numbers(sizeOf(spec.shape), i + 1)])),
  );
  const times = [];
  const end = performance.now() + 1000 * seconds;
  while (times.length < leastRuns || performance.now() < end) times.push(await time(() => program.run(state, {})));
  for (const held of [state, program]) held.dispose();
  const read = graph.state.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return { times, flops: flopsOf(graph.nodes), bytes: 4 * (read + written) };
}

/** Numbers between 0.5 and 1.5: positive, so that variances and roots are ordinary. */
function numbers(count, seed) {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 0.5 + state / 2 ** 32;
  });
}

main().catch((error) => {
  console.error(describeError(error));
  process.exitCode = 1;
});
