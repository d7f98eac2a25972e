/**
 * What a library asks of WebGPU, observed at the prototypes of the API: the same for every library, and no library needs to know.
 * Outside of a measurement only the opening of devices is observed.
 */
import { BenchError } from '../../error.mjs';
import { createStopwatch } from './stopwatch.mjs';

/**
 * What one task did.
 *
 * @typedef {object} GpuUse
 * @property {number} dispatches
 * @property {number} uploads bytes from the host to the device
 * @property {number} readBacks bytes from the device to the host
 * @property {number | null} kernelMs time of all compute passes in milliseconds; null where the adapter does not tell
 */

/**
 * One dispatch.
 *
 * @typedef {object} KernelUse
 * @property {string} label of its bind group
 * @property {readonly number[]} groups workgroups
 * @property {readonly number[]} bound bytes of every buffer range that it binds
 * @property {number} workgroupSize invocations of a workgroup
 * @property {number | null} milliseconds null where it did not run
 */

/**
 * @typedef {object} Meter
 * @property {(task: () => Promise<unknown>) => Promise<GpuUse>} measure
 * @property {(task: () => Promise<unknown>, options?: { submit?: boolean }) => Promise<KernelUse[]>} profile gives every dispatch
 *   a compute pass of its own, which costs time between them; without `submit` nothing is computed
 */

/**
 * Begins to observe; devices that are opened from now on tell the time of their kernels where their adapters can.
 *
 * @returns {Meter}
 */
export function meterGpu() {
  /** The device that computes: the last one that was opened. */
  let device = null;
  const bound = observeBindings();
  replace(
    GPUAdapter,
    'requestDevice',
    (request) =>
      async function requestDevice(descriptor = {}) {
        const features = new Set(descriptor.requiredFeatures);
        if (this.features.has('timestamp-query')) features.add('timestamp-query');
        device = await request.call(this, { ...descriptor, requiredFeatures: [...features] });
        return device;
      },
  );
  return {
    measure: async (task) => {
      if (!device) throw new BenchError('no device was opened that could be measured');
      const use = { dispatches: 0, uploads: 0, readBacks: 0 };
      const stopwatch = device.features.has('timestamp-query') ? createStopwatch(device) : null;
      const undo = [...countUse(use), ...(stopwatch ? [timePasses(stopwatch)] : [])];
      try {
        await task();
        await device.queue.onSubmittedWorkDone();
      } finally {
        for (const restore of undo) restore();
      }
      const times = await stopwatch?.read();
      return { ...use, kernelMs: times ? times.reduce((sum, time) => sum + time, 0) : null };
    },
    profile: async (task, { submit = true } = {}) => {
      if (submit && !device?.features.has('timestamp-query'))
        throw new BenchError('this adapter does not time kernels');
      const stopwatch = submit ? createStopwatch(device) : null;
      const kernels = [];
      const undo = [separatePasses({ kernels, bound, stopwatch })];
      if (!submit) undo.push(replace(GPUQueue, 'submit', () => () => {}));
      try {
        await task();
        await device.queue.onSubmittedWorkDone();
      } finally {
        for (const restore of undo) restore();
      }
      const times = await stopwatch?.read();
      return kernels.map((kernel, i) => ({ ...kernel, milliseconds: times?.[i] ?? null }));
    },
  };
}

/** What bind groups bind and pipelines are made of, from now on. */
function observeBindings() {
  const entries = new WeakMap();
  const workgroupSizes = new WeakMap();
  replace(
    GPUDevice,
    'createBindGroup',
    (original) =>
      function createBindGroup(descriptor) {
        const group = original.call(this, descriptor);
        entries.set(group, descriptor);
        return group;
      },
  );
  replace(
    GPUDevice,
    'createShaderModule',
    (original) =>
      function createShaderModule(descriptor) {
        const shader = original.call(this, descriptor);
        workgroupSizes.set(shader, workgroupSizeOf(descriptor.code));
        return shader;
      },
  );
  replace(
    GPUDevice,
    'createComputePipelineAsync',
    (original) =>
      async function createComputePipelineAsync(descriptor) {
        const pipeline = await original.call(this, descriptor);
        workgroupSizes.set(pipeline, workgroupSizes.get(descriptor.compute.module));
        return pipeline;
      },
  );
  return { entries, workgroupSizes };
}

/** From a shader whose numbers are literals. */
function workgroupSizeOf(code) {
  const [, sizes = '1'] = /@workgroup_size\(([^)]*)\)/.exec(code) ?? [];
  return sizes.split(',').reduce((product, size) => product * Number.parseInt(size), 1);
}

/** A compute pass for each dispatch, so that each is timed. */
const separatePasses = ({ kernels, bound, stopwatch }) =>
  replace(
    GPUCommandEncoder,
    'beginComputePass',
    (original) =>
      function beginComputePass(descriptor = {}) {
        let pipeline = null;
        let group = null;
        return {
          setPipeline: (given) => {
            pipeline = given;
          },
          setBindGroup: (_, given) => {
            group = given;
          },
          dispatchWorkgroups: (...groups) => {
            const { label, entries } = bound.entries.get(group);
            const sizes = entries.map(({ resource: { buffer, offset = 0, size } }) => size ?? buffer.size - offset);
            kernels.push({ label, groups, bound: sizes, workgroupSize: bound.workgroupSizes.get(pipeline) });
            const pass = original.call(this, {
              ...descriptor,
              ...(stopwatch && { timestampWrites: stopwatch.next() }),
            });
            pass.setPipeline(pipeline);
            pass.setBindGroup(0, group);
            pass.dispatchWorkgroups(...groups);
            pass.end();
          },
          end: () => {},
        };
      },
  );

/** Replaces a method by what `wrap` makes of it; the result undoes it. */
export function replace({ prototype }, name, wrap) {
  const original = prototype[name];
  prototype[name] = wrap(original);
  return () => {
    prototype[name] = original;
  };
}

/** Adds dispatches and bytes up. */
function countUse(use) {
  const dispatch = (original) =>
    function counted(...args) {
      use.dispatches++;
      return original.apply(this, args);
    };
  return [
    replace(GPUComputePassEncoder, 'dispatchWorkgroups', dispatch),
    replace(GPUComputePassEncoder, 'dispatchWorkgroupsIndirect', dispatch),
    replace(
      GPUQueue,
      'writeBuffer',
      (original) =>
        function writeBuffer(buffer, offset, data, ...range) {
          use.uploads += bytesWritten(data, ...range);
          return original.call(this, buffer, offset, data, ...range);
        },
    ),
    replace(
      GPUBuffer,
      'getMappedRange',
      (original) =>
        function getMappedRange(...range) {
          const mapped = original.apply(this, range);
          use[this.usage & GPUBufferUsage.MAP_READ ? 'readBacks' : 'uploads'] += mapped.byteLength;
          return mapped;
        },
    ),
  ];
}

/** Offset and size of `writeBuffer` count elements of a typed array, bytes of anything else. */
function bytesWritten(data, offset = 0, size = undefined) {
  const unit = data.BYTES_PER_ELEMENT ?? 1;
  return size === undefined ? data.byteLength - offset * unit : size * unit;
}

/** Lets every compute pass tell when it begins and ends. */
const timePasses = (stopwatch) =>
  replace(
    GPUCommandEncoder,
    'beginComputePass',
    (original) =>
      function beginComputePass(descriptor = {}) {
        return original.call(this, { ...descriptor, timestampWrites: stopwatch.next() });
      },
  );
