/**
 * `npm run bench:kernels`: time of single operations on the shapes of a ResNet-18, as a table. GFLOP/s count the
 * multiplications of the plain algorithm, so that Winograd's fewer ones show as more; they stand beside the multiply-add peak that the machine
 * reaches on registers.
 */
import { flopsOf, sizeOf, trace } from '@selfcure/tensor';
import { backendNames, createBackend } from './backends.mjs';
import { checkBuilds } from './build-check.mjs';
import { describeError } from './error.mjs';
import { parseArguments, usage } from './kernels/arguments.mjs';
import { cases } from './kernels/cases.mjs';
import { multiplyAddPeak } from './kernels/peak.mjs';
import { median } from './statistics.mjs';

const leastRuns = 9;

async function main() {
  checkBuilds((line) => console.error(line));
  const options = parseArguments(process.argv.slice(2), backendNames);
  if (options === 'help') return console.log(usage);
  const { backend: name, batch, threads, exact, only, seconds } = options;
  const backend = await createBackend({ backend: name, threads, options: exact ? { exact } : {} });
  const peak = await multiplyAddPeak();
  console.log(`| operation | shape | ms (median) | ms (best) | GFLOP/s | of the peak ${peak.toFixed(1)} | GB/s |`);
  console.log('|---|---|---|---|---|---|---|');
  for (const { name: shape, kernel, bytes, build } of cases(batch)) {
    if (!`${kernel} ${shape}`.includes(only)) continue;
    const { times, flops } = await measure(backend, build, seconds);
    const middle = median(times);
    const speed = flops / middle / 1e6;
    const columns = bytes
      ? ['', '', (bytes / middle / 1e6).toFixed(1)]
      : [speed.toFixed(1), `${((100 * speed) / peak / threads).toFixed(0)} %`, ''];
    console.log(
      `| ${kernel} | ${shape} | ${middle.toFixed(2)} | ${Math.min(...times).toFixed(2)} | ${columns.join(' | ')} |`,
    );
  }
  await backend.close();
}

/** Milliseconds of repeated runs of one operation, and its floating-point operations. */
async function measure(backend, build, seconds) {
  const graph = trace((ops) => {
    const y = build(ops);
    return { first: ops.rows(ops.reshape(y, [sizeOf(y.shape)]), 0, 1) };
  });
  const program = await backend.compile(graph);
  const state = await backend.createState(
    graph.state,
    Object.fromEntries(graph.state.map((spec, i) => [spec.name, numbers(sizeOf(spec.shape), i + 1)])),
  );
  const times = [];
  const end = performance.now() + 1000 * seconds;
  while (times.length < leastRuns || performance.now() < end) {
    const start = performance.now();
    await program.run(state, {});
    times.push(performance.now() - start);
  }
  for (const held of [state, program]) held.dispose();
  return { times, flops: flopsOf(graph.nodes) };
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
