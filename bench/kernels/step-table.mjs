/** The kernels of a training step as tables. */
import { estimate } from './estimate.mjs';
import { digits, printHead, printRow } from './table.mjs';

const amounts = ['MFLOP', 'KB', 'flop/byte'];
const speeds = ['ms', 'GFLOP/s', 'GB/s'];

/**
 * Prints every kernel, their sums by operation and, for devices of given numbers, their least time.
 *
 * @param {{ kernels: readonly import('./step-kernels.mjs').StepKernel[], flops: number, peak: number,
 *   gpus: readonly import('./estimate.mjs').Gpu[] }} options `flops` of the step; `peak` of the adapter in GFLOP/s
 */
export function printStep({ kernels, flops, peak, gpus }) {
  const timed = kernels[0].milliseconds !== null;
  const measures = timed ? [...amounts, ...speeds] : amounts;
  printHead(['operation', 'layer', 'workgroups', 'invocations', ...measures]);
  for (const kernel of kernels) {
    const { operation, layer, workgroups, invocations } = kernel;
    printRow([operation, layer, workgroups, invocations, ...figures(kernel, timed)]);
  }
  console.log('');
  printHead(['operation', 'kernels', ...measures]);
  const kinds = [...new Set(kernels.map(kindOf))].map((kind) => [
    kind,
    kernels.filter((kernel) => kindOf(kernel) === kind),
  ]);
  for (const [kind, members] of [...kinds, ['all', kernels]])
    printRow([kind, members.length, ...figures(sumOf(members), timed)]);
  console.log(
    `\nThe step computes ${(flops / 1e6).toFixed(1)} MFLOP; what is missing above was fused into kernels of other names.` +
      (timed ? ` Multiply-adds on registers of this adapter: ${peak.toFixed(1)} GFLOP/s.` : ''),
  );
  for (const gpu of gpus) printEstimate(estimate(kernels, gpu), gpu);
}

/** Chains of small operations together. */
const kindOf = ({ operation }) => (operation.includes('-and-') ? 'small operations' : operation);

/** Unknown bytes and times make unknown sums of what has only such. */
function sumOf(kernels) {
  const total = (key) => {
    const known = kernels.flatMap((kernel) => kernel[key] ?? []);
    return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) : null;
  };
  return { flops: total('flops'), bytes: total('bytes'), milliseconds: total('milliseconds') };
}

/** Cells of {@link amounts}, and of {@link speeds} where kernels were timed. */
function figures({ flops, bytes, milliseconds }, timed) {
  const speed = (amount) => (amount && milliseconds ? digits(amount / milliseconds / 1e6) : '');
  return [
    flops ? (flops / 1e6).toFixed(2) : '',
    bytes === null ? '' : (bytes / 1e3).toFixed(1),
    flops && bytes ? (flops / bytes).toFixed(1) : '',
    ...(timed ? [milliseconds.toFixed(3), speed(flops), speed(bytes)] : []),
  ];
}

function printEstimate({ total, arithmetic, memory, invocations, launches }, gpu) {
  const ms = (value) => `${value.toFixed(2)} ms`;
  console.log(
    `\nAn estimate, not a measurement: on a device of ${gpu.gflops} GFLOP/s, ${gpu.gbps} GB/s, ${gpu.ghz} GHz and ` +
      `${gpu.launchUs} us a dispatch the kernels take at least ${ms(total)}: ${ms(arithmetic)} in those bounded by arithmetic, ` +
      `${ms(memory)} by memory, ${ms(invocations)} by too few invocations, and ${ms(launches)} between dispatches.`,
  );
}
