import { tmpdir } from 'node:os';
import { openTensorFlow, type OpenSettings } from '../native/open.ts';
import type { Device } from '../native/binding.ts';
import type { Located } from '../native/location.ts';
import type { TensorFlowErrorCode } from '../native/tensorflow-error.ts';
import { runCommand } from './run-command.ts';

/** What a binding did in a process of its own. */
export type SmokeTest =
  | {
      readonly passed: true;
      readonly version: string;
      readonly gpu: boolean;
      readonly devices: readonly Device[];
      /** Whether processes can train together. */
      readonly collectives: boolean;
      /** What TensorFlow wrote to stderr: warnings about missing libraries of CUDA. */
      readonly log: string;
    }
  | {
      readonly passed: false;
      readonly why: string;
      /** Of the TensorFlowError that opening it threw; null where it opened and computed wrongly, or crashed. */
      readonly code: TensorFlowErrorCode | null;
      readonly remedy: string | null;
      readonly log: string;
    };

/**
 * Loads a binding in a process of its own, so that a crash stays there, and checks a matrix product and the gradient of
 * a convolution against numbers worked out by hand.
 */
export async function smokeTest(located: Located, settings: OpenSettings, signal?: AbortSignal): Promise<SmokeTest> {
  const script = `
const settings = ${JSON.stringify(settings)};
const located = ${JSON.stringify(located)};
const check = ${String(compute)};
try {
  const binding = (${String(openTensorFlow)})(located, settings, require);
  check(binding);
  const { version, devices } = binding;
  done({ passed: true, version, gpu: binding.isUsingGpuDevice(), devices, collectives: binding.collectives !== null });
} catch (error) {
  const { message, code = null, remedy = null } = error;
  done({ passed: false, why: message, code, remedy });
}
function done(result) {
  require('node:fs').writeSync(1, '\\n' + JSON.stringify(result));
  process.exit(0);
}`;
  const { code, stdout, stderr } = await runCommand(process.execPath, ['--input-type=commonjs', '-e', script], {
    cwd: tmpdir(),
    signal,
    timeout: 120_000,
  });
  // Without what TensorFlow says on every start: notes (I), and that its logging is not set up.
  const log = stderr
    .split('\n')
    .filter((line) => line !== '' && !/^(I\d{4} |WARNING: All log messages before)/.test(line))
    .join('\n');
  if (code !== 0) return { passed: false, why: `the process ended with code ${code}`, code: null, remedy: null, log };
  const last = stdout.trim().split('\n').at(-1) ?? '';
  return { ...(JSON.parse(last) as { passed: true } & SmokeTest), log };
}

/** Throws where the binding computes wrong numbers. Runs in the other process: it uses nothing but its argument. */
function compute(binding: ReturnType<typeof openTensorFlow>): void {
  const float = { name: 'T', type: 4, value: 1 };
  const tensor = (shape: number[], ...values: number[]): number =>
    binding.createTensor(shape, 1, Float32Array.from(values));
  const expect = (what: string, name: string, attributes: object[], inputs: number[], values: number[]): void => {
    const [output] = binding.executeOp(name, [float, ...attributes] as never, inputs, 1);
    const found = String(binding.readTensors([output!.id])[0]);
    if (found !== String(values)) throw new Error(`${what}: ${found} instead of ${values}`);
  };
  const transpose = ['transpose_a', 'transpose_b'].map((name) => ({ name, type: 3, value: false }));
  const product = [tensor([2, 2], 1, 2, 3, 4), tensor([2, 2], 5, 6, 7, 8)];
  expect('matrix product', 'MatMul', transpose, product, [19, 22, 43, 50]);
  // The gradient of a 2x2 filter that moves over a 3x3 image, for an output gradient of ones: sums of 2x2 windows.
  const image = tensor([1, 3, 3, 1], 0, 1, 2, 3, 4, 5, 6, 7, 8);
  const sizes = binding.createTensor([4], 3, Int32Array.of(2, 2, 1, 1));
  const slope = tensor([1, 2, 2, 1], 1, 1, 1, 1);
  const attributes = [
    { name: 'strides', type: 1, value: [1, 1, 1, 1] },
    { name: 'padding', type: 0, value: 'VALID' },
  ];
  expect('gradient of a convolution', 'Conv2DBackpropFilter', attributes, [image, sizes, slope], [8, 12, 20, 24]);
}
