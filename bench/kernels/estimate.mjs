/** The least time of kernels on a device of known numbers: a roofline. */

/**
 * @typedef {object} Gpu
 * @property {number} gflops most GFLOP/s of float32, a multiply-add being two
 * @property {number} gbps most GB/s of memory
 * @property {number} ghz clock: an invocation computes at most one multiply-add a cycle
 * @property {number} launchUs microseconds from one dispatch to the next that depends on it
 */

/**
 * Milliseconds of kernels that run one after the other, by what bounds each.
 *
 * @param {readonly { flops: number, bytes: number | null, invocations: number }[]} kernels `bytes` null: few, taken as none
 * @param {Gpu} gpu
 * @returns {{ total: number, arithmetic: number, memory: number, invocations: number, launches: number }} `launches` of all
 *   kernels, the others of those that they bound: arithmetic where all units are busy, where too few invocations keep them
 *   busy, memory
 */
export function estimate(kernels, { gflops, gbps, ghz, launchUs }) {
  const sums = { arithmetic: 0, memory: 0, invocations: 0 };
  for (const { flops, bytes, invocations } of kernels) {
    const times = {
      arithmetic: flops / (gflops * 1e6),
      memory: (bytes ?? 0) / (gbps * 1e6),
      invocations: flops / (invocations * 2 * ghz * 1e6),
    };
    const [bound, time] = Object.entries(times).reduce((a, b) => (b[1] > a[1] ? b : a));
    sums[bound] += time;
  }
  const launches = (kernels.length * launchUs) / 1000;
  return { total: sums.arithmetic + sums.memory + sums.invocations + launches, ...sums, launches };
}
