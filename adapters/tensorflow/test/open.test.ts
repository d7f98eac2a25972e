import { createRequire } from 'node:module';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { beforeAll, expect, it } from 'vitest';
import { attributeType, type Binding, dataType, type OpAttribute, type TensorData } from '../src/native/binding.ts';
import { locate } from '../src/native/locate.ts';
import type { Located } from '../src/native/location.ts';
import { openTensorFlow, type OpenSettings } from '../src/native/open.ts';
import { describeWhere, whyNoBinding } from './needed-native.ts';

describeWhere(whyNoBinding(), 'the native binding', () => {
  let located: Located;
  let binding: Binding;
  const load = createRequire(import.meta.url);
  const settings: OpenSettings = { device: 'cpu', threads: 1 };
  beforeAll(() => {
    located = locate();
    binding = openTensorFlow(located, settings, load);
  });

  const float: OpAttribute = { name: 'T', type: attributeType.type, value: dataType.float32 };
  const add = (a: number, b: number): number => binding.executeOp('AddV2', [float], [a, b], 1)[0]!.id;

  it('tells version, devices and that it has collectives', () => {
    expect(binding.version).toMatch(/^2\.\d+\./);
    expect(binding.devices).toEqual([
      expect.objectContaining({ type: 'CPU', name: '/job:localhost/replica:0/task:0/device:CPU:0' }),
    ]);
    expect(binding.isUsingGpuDevice()).toBe(false);
    expect(binding.collectives).not.toBeNull();
  });

  it('holds values of every type', () => {
    const cases: [number, TensorData][] = [
      [dataType.float32, Float32Array.of(1.5, -2)],
      [dataType.float64, Float64Array.of(1.5, 1e300)],
      [dataType.int32, Int32Array.of(-1, 2 ** 31 - 1)],
      [dataType.int64, BigInt64Array.of(-1n, 2n ** 60n)],
      [dataType.uint8, Uint8Array.of(0, 255)],
      [dataType.bool, Uint8Array.of(0, 1)],
      [dataType.float16, Uint16Array.of(0x3c00, 0xc000)],
      [dataType.bfloat16, Uint16Array.of(0x3f80, 0xc000)],
    ];
    for (const [type, values] of cases) {
      const id = binding.createTensor([2], type, values);
      expect(binding.tensorDataSync(id)).toEqual(values);
      binding.deleteTensor(id);
    }
    const empty = binding.createTensor([0, 3], dataType.float32, new Float32Array(0));
    expect(binding.tensorDataSync(empty)).toEqual(new Float32Array(0));
    binding.deleteTensor(empty);
  });

  it('converts the bits of bfloat16 and float16 as IEEE 754 says', () => {
    for (const [type, bits] of [
      [dataType.bfloat16, 0x3fc0],
      [dataType.float16, 0x3e00],
    ] as const) {
      const half = binding.createTensor([], type, Uint16Array.of(bits));
      const attributes = [
        { name: 'SrcT', type: attributeType.type, value: type },
        { name: 'DstT', type: attributeType.type, value: dataType.float32 },
      ];
      const [wide] = binding.executeOp('Cast', attributes, [half], 1);
      expect(binding.tensorDataSync(wide!.id)).toEqual(Float32Array.of(1.5));
      binding.deleteTensors([half, wide!.id]);
    }
  });

  it('copies the array: a later write does not reach the tensor', () => {
    // 4096 bytes at an aligned address: the stock binding lends such memory.
    const values = new Float32Array(1024).fill(1);
    const id = binding.createTensor([1024], dataType.float32, values);
    values.fill(7);
    expect(binding.tensorDataSync(id)).toEqual(new Float32Array(1024).fill(1));
    binding.deleteTensor(id);
  });

  it('reads and deletes several tensors in one call, and counts them', () => {
    const before = binding.tensorCount();
    const a = binding.createTensor([2], dataType.float32, Float32Array.of(1, 2));
    const b = binding.createTensor([1], dataType.int32, Int32Array.of(3));
    const sum = add(a, a);
    expect(binding.readTensors([sum, b, a])).toEqual([Float32Array.of(2, 4), Int32Array.of(3), Float32Array.of(1, 2)]);
    expect(() => binding.deleteTensors([a, b, 123_456])).toThrow('no tensor has the id 123456');
    expect(() => binding.deleteTensors([a, a])).toThrow('stands twice');
    expect(binding.tensorCount()).toBe(before + 3);
    binding.deleteTensors([a, b, sum]);
    expect(binding.tensorCount()).toBe(before);
  });

  it('throws where a call is wrong, and goes on', () => {
    const x = binding.createTensor([2], dataType.float32, Float32Array.of(1, 2));
    const wrong: [() => unknown, string][] = [
      [() => binding.executeOp('NoSuchOperation', [], [], 1), 'NoSuchOperation'],
      [() => binding.executeOp('AddV2', [float], [x], 1), 'expected 2 inputs, got 1'],
      [() => binding.executeOp('AddV2', [float], [x, 987_654], 1), '987654'],
      [() => binding.executeOp('AddV2', [float], [x, x], 2), 'has 1 outputs, asked for 2'],
      [() => binding.createTensor([3], dataType.float32, Float32Array.of(1)), 'takes 3 values, the array holds 1'],
      [() => binding.createTensor([1], dataType.float32, Int32Array.of(1)), 'does not fit data type 1'],
      [() => binding.createTensor([-1], dataType.float32, Float32Array.of(1)), '>= 0'],
      [() => binding.createTensor([1], dataType.float32, [1] as never), 'not a typed array'],
      [() => binding.tensorDataSync(-5), 'no tensor has the id -5'],
      [() => binding.readTensors(5 as never), 'not an array'],
      [() => binding.readTensors(['a'] as never), 'element 0 is not a tensor id'],
      [() => binding.deleteTensor(987_654), '987654'],
      [() => (binding.createTensor as unknown as () => void)(), 'takes 3 arguments'],
      [() => binding.collectives?.enableCollectives(Uint8Array.of(255), 'task'), 'ServerDef'],
      [() => binding.collectives?.checkPeer('/job:worker/replica:0/task:1', 0), 'positive'],
      [() => binding.collectives?.checkPeer('/job:worker/replica:0/task:1', 100), 'does not answer'],
    ];
    for (const [call, message] of wrong) expect(call).toThrow(message);
    const shapes: [number[], number[]] = [[2], [3]];
    const [a, b] = shapes.map((shape) => binding.createTensor(shape, dataType.float32, new Float32Array(shape[0]!)));
    expect(() => add(a!, b!)).toThrow(/Incompatible shapes/i);
    expect(binding.tensorDataSync(add(x, x))).toEqual(Float32Array.of(2, 4));
  });

  it('opens once a thread: the same options give the same, others are refused', () => {
    const again = openTensorFlow(located, settings, load);
    const id = again.createTensor([], dataType.float32, Float32Array.of(4));
    expect(binding.tensorDataSync(id)).toEqual(Float32Array.of(4));
    binding.deleteTensor(id);
    expect(() => openTensorFlow(located, { ...settings, threads: 2 }, load)).toThrow(
      expect.objectContaining({ code: 'ALREADY_OPEN' }),
    );
  });

  it('a worker is made of its text; each has its own tensors and number of threads', async () => {
    const run = (threads: number): Promise<{ tensors: number; pool: number }> => {
      const source = `
        const { parentPort, workerData } = require('node:worker_threads');
        const { located, settings } = workerData;
        const tasks = () => require('node:fs').readdirSync('/proc/self/task').length;
        const before = tasks();
        const binding = (${String(openTensorFlow)})(located, settings, require);
        const started = tasks() - before;
        const tensors = binding.tensorCount();
        binding.createTensor([1], 1, Float32Array.of(1));
        parentPort.postMessage({ tensors, started });`;
      return new Promise((resolve, reject) => {
        const worker = new Worker(source, {
          eval: true,
          env: SHARE_ENV,
          workerData: { located, settings: { device: 'cpu', threads } },
        });
        let result: { tensors: number; started: number };
        worker.on('message', (message) => (result = message)).on('error', reject);
        worker.on('exit', () => resolve({ tensors: result.tensors, pool: result.started }));
      });
    };
    await run(1); // pools that TensorFlow has once a process are there now
    const [one, five] = [await run(1), await run(5)];
    expect([one.tensors, five.tensors]).toEqual([0, 0]);
    // Four more threads in the pool of an operation and in that which runs operations.
    expect(five.pool - one.pool).toBeGreaterThanOrEqual(4);
    expect(binding.devices).toHaveLength(1);
  });

  it('cuda without a GPU is an error that names what was found and what is missing', async () => {
    const source = `
      const { parentPort, workerData } = require('node:worker_threads');
      try { (${String(openTensorFlow)})(workerData, { device: 'cuda' }, require); parentPort.postMessage({ code: 'opened' }); }
      catch ({ message, code, remedy }) { parentPort.postMessage({ message, code, remedy }); }`;
    const gpu = { driver: '550.54.14', libcuda: null, devices: ['/dev/nvidia7'], visible: '7' };
    const open = (build: 'cpu' | 'cuda') =>
      new Promise<{ message: string; code: string; remedy: string }>((resolve, reject) => {
        new Worker(source, { eval: true, env: SHARE_ENV, workerData: { ...located, build, gpu } })
          .on('message', resolve)
          .on('error', reject);
      });
    const cpu = await open('cpu');
    expect(cpu.code).toBe('NO_GPU');
    for (const part of [
      binding.version,
      'CPU build',
      'CPU:0',
      '550.54.14',
      'libcuda.so.1 not found',
      '/dev/nvidia7',
      'CUDA_VISIBLE_DEVICES=7',
    ])
      expect(cpu.message).toContain(part);
    expect(cpu.remedy).toContain('install --gpu');
    expect((await open('cuda')).remedy).toContain('driver is missing');
  });

  it('a file that does not load is an error with a remedy', () => {
    const missing = { ...located, binding: '/nowhere/selfcure_tensorflow.node' };
    expect(() => openTensorFlow(missing, settings, load)).toThrow(
      expect.objectContaining({ code: 'LOAD_FAILED', remedy: expect.stringContaining('doctor') as string }),
    );
  });
});
