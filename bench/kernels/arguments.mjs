/** Arguments of `npm run bench:kernels`. */
import { jsonObject, number, oneOf, readArguments, text, wholeNumber } from '../argument-values.mjs';
import { BenchError } from '../error.mjs';

export const usage = `npm run bench:kernels -- [arguments]

Time of single operations on the shapes of a ResNet-18, as a table; or, with --step, every kernel of a training step.

          --backend NAME      default wasm
          --batch N           default 32; with --backend webgpu 4, of --step small 8
          --threads N         default 1
          --exact             no Winograd transforms
          --only TEXT         operations and shapes that contain it
          --seconds S         time of each, default 0.5; at least nine runs
with --backend webgpu
          --step MODEL        the kernels of a training step: small, resnet18-s2, …
          --size N, --channels N, --width FACTOR
                              of the model; as in bench:step
          --plan NAME         own or hardware, default own. hardware: the kernels that a graphics processor gets, on any
                              adapter; they are listed, not run
          --gpu JSON          least time of the step on a device of these numbers, such as
                              '{"gflops":4000,"gbps":200,"ghz":1.5,"launchUs":5}'; may be given again`;

const specification = {
  backend: text,
  batch: text,
  threads: text,
  exact: { type: 'boolean' },
  only: text,
  seconds: text,
  step: text,
  size: text,
  channels: text,
  width: text,
  plan: text,
  gpu: { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
};

/** What a device is made of, for an estimate: all above 0. */
const gpuNumbers = ['gflops', 'gbps', 'ghz', 'launchUs'];

/** Arguments that only `--step` has. */
const ofStep = ['size', 'channels', 'width', 'plan', 'gpu'];

/**
 * @typedef {object} StepKernelArguments
 * @property {string} model
 * @property {number} size
 * @property {number} channels
 * @property {number} width
 * @property {'own' | 'hardware'} plan
 * @property {readonly import('./estimate.mjs').Gpu[]} gpus
 */

/**
 * Reads and checks arguments.
 *
 * @param {readonly string[]} argv
 * @param {{ backends: readonly string[], models: readonly string[] }} known names
 * @returns {{ backend: string, batch: number, threads: number, exact: boolean, only: string, seconds: number, step: StepKernelArguments | null } | 'help'}
 * @throws {BenchError} naming the argument and what it takes
 */
export function parseArguments(argv, { backends, models }) {
  const given = readArguments(argv, specification);
  if (given.help) return 'help';
  const backend = oneOf('backend', given.backend ?? 'wasm', backends);
  const step = stepOf(given, backend, models);
  const onGpu = step?.model === 'small' ? 8 : 4;
  return {
    backend,
    batch: wholeNumber('batch', given.batch ?? (backend === 'webgpu' ? onGpu : 32), 1),
    threads: wholeNumber('threads', given.threads ?? 1, 1),
    exact: given.exact ?? false,
    only: given.only ?? '',
    seconds: number('seconds', given.seconds ?? 0.5, { from: 0 }),
    step,
  };
}

function stepOf(given, backend, models) {
  if (given.step === undefined) {
    const alone = ofStep.find((key) => given[key] !== undefined);
    if (alone) throw new BenchError(`--${alone} has no meaning without --step MODEL`);
    return null;
  }
  if (backend !== 'webgpu') throw new BenchError('--step lists the kernels of WebGPU. Give --backend webgpu');
  const model = oneOf('step', given.step, models);
  const sizes = model === 'small' ? { size: 12, channels: 3 } : { size: 48, channels: 1 };
  return {
    model,
    size: wholeNumber('size', given.size ?? sizes.size, 1),
    channels: wholeNumber('channels', given.channels ?? sizes.channels, 1),
    width: number('width', given.width ?? 1, { above: 0 }),
    plan: oneOf('plan', given.plan ?? 'own', ['own', 'hardware']),
    gpus: (given.gpu ?? []).map((value) => gpuOf(jsonObject('gpu', value))),
  };
}

function gpuOf(given) {
  const unknown = Object.keys(given).find((key) => !gpuNumbers.includes(key));
  if (unknown) throw new BenchError(`--gpu has '${unknown}', which is unknown. Known: ${gpuNumbers.join(', ')}`);
  return Object.fromEntries(gpuNumbers.map((key) => [key, number(`gpu ${key}`, given[key] ?? '', { above: 0 })]));
}
