/**
 * `npm run bench:kernels -- --backend wasm [--batch 32] [--threads 1] [--exact] [--only 3x3]`: time of single operations
 * on the shapes of a ResNet-18, as a table. GFLOP/s count the multiplications of the plain algorithm, so that Winograd's
 * fewer ones show as more; they stand beside the multiply-add peak that the machine reaches on registers.
 */
import { parseArgs } from 'node:util';
import { flopsOf, sizeOf, trace } from '@selfcure/tensor';
import { cases } from './kernels/cases.mjs';
import { multiplyAddPeak } from './kernels/peak.mjs';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'wasm' },
    batch: { type: 'string', default: '32' },
    threads: { type: 'string', default: '1' },
    exact: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    seconds: { type: 'string', default: '0.5' },
  },
});
const factory = (await import(`@selfcure/${values.backend}`))[values.backend];
const backend = await factory({ threads: Number(values.threads), exact: values.exact });
const peak = await multiplyAddPeak();

console.log(`| operation | shape | ms (median) | ms (best) | GFLOP/s | of the peak ${peak.toFixed(1)} | GB/s |`);
console.log('|---|---|---|---|---|---|---|');
for (const { name, kernel, bytes, build } of cases(Number(values.batch))) {
  if (!`${kernel} ${name}`.includes(values.only)) continue;
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
  const end = performance.now() + 1000 * Number(values.seconds);
  while (times.length < 9 || performance.now() < end) {
    const start = performance.now();
    await program.run(state, {});
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const [median, best] = [times[times.length >> 1], times[0]];
  const speed = flopsOf(graph.nodes) / median / 1e6;
  const columns = bytes
    ? ['', '', (bytes / median / 1e6).toFixed(1)]
    : [speed.toFixed(1), `${((100 * speed) / peak / Number(values.threads)).toFixed(0)} %`, ''];
  console.log(`| ${kernel} | ${name} | ${median.toFixed(2)} | ${best.toFixed(2)} | ${columns.join(' | ')} |`);
  for (const held of [state, program]) held.dispose();
}
await backend.close();

/** Numbers between 0.5 and 1.5: positive, so that variances and roots are ordinary. */
function numbers(count, seed) {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 0.5 + state / 2 ** 32;
  });
}
