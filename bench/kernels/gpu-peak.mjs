/** The most multiply-adds that a device computes on registers. */

const workgroups = 1024;
const size = 64;
const turns = 64;
/** Multiply-adds of a chain in a turn: loops cost some compilers much. */
const unrolled = 8;

/** Independent chains of an invocation: how many a device needs, and how many its registers hold, differ. */
const shapes = [
  { type: 'vec4f', wide: 4, chains: 2 },
  { type: 'vec4f', wide: 4, chains: 8 },
  { type: 'f32', wide: 1, chains: 8 },
];

/**
 * GFLOP/s of float32, a multiply-add being two.
 *
 * @param {import('../sides/gpu/meter.mjs').Meter} meter
 */
export async function gpuPeak(meter) {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter.requestDevice();
  const speeds = [];
  for (const shape of shapes) {
    const run = await prepare(device, shape);
    let best = Infinity;
    for (let i = 0; i < 9; i++) best = Math.min(best, (await meter.measure(run)).kernelMs);
    speeds.push((workgroups * size * turns * unrolled * shape.chains * shape.wide * 2) / best / 1e6);
  }
  device.destroy();
  return Math.max(...speeds);
}

/** A function that submits the multiply-adds of one shape. */
async function prepare(device, { type, chains }) {
  const names = Array.from({ length: chains }, (_, k) => `a${k}`);
  const turn = names.map((name) => `${name} = ${name} * b + b;`).join(' ');
  const code = `@group(0) @binding(0) var<storage, read_write> y : array<f32, ${size}>;
@compute @workgroup_size(${size}) fn main(@builtin(global_invocation_id) id : vec3u) {
let b = ${type}(y[id.x % ${size}u] + 0.999);
${names.map((name, k) => `var ${name} = ${type}(f32(${k}u + id.x));`).join('\n')}
for (var i = 0u; i < ${turns}u; i++) {
${Array(unrolled).fill(turn).join('\n')}
}
y[id.x % ${size}u] = 1e-30 * dot(vec4f(${names.join(' + ')}), vec4f(1.0));
}`;
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }), entryPoint: 'main' },
  });
  const buffer = device.createBuffer({ size: 4 * size, usage: GPUBufferUsage.STORAGE });
  const layout = pipeline.getBindGroupLayout(0);
  const group = device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer } }] });
  return async () => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(workgroups);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
}
