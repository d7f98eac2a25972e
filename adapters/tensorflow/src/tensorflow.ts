import { availableParallelism } from 'node:os';
import type { Backend } from '@selfcure/tensor';
import { joinSettings } from './cluster.ts';
import type { TensorFlowCluster } from './cluster.ts';
import { dataType } from './native/binding.ts';
import { locate } from './native/locate.ts';
import type { DeviceChoice } from './native/location.ts';
import { TensorFlowError } from './native/tensorflow-error.ts';
import type { TensorFlowErrorCode } from './native/tensorflow-error.ts';
import type { AllReduce } from './steps/builder.ts';
import { planBackend } from './plan-backend.ts';
import { connect } from './worker/connection.ts';
import type { Failure } from './worker/messages.ts';

/** Options of {@link tensorflow}. */
export interface TensorFlowOptions {
  /** `'cuda'` insists on a GPU, `'cpu'` hides GPUs, `'auto'` takes a GPU where there is one: `capabilities.device` says. Default `'auto'`. */
  readonly device?: DeviceChoice;
  /** Threads that compute on the processor. Default: all. */
  readonly threads?: number;
  /** Type of the factors of convolutions and matrix products; weights, sums and statistics stay float32. Default `'float32'`. */
  readonly precision?: 'float32' | 'bfloat16';
  /** Whether GPUs may round the factors of float32 products to TensorFloat-32. One choice a process. Default: TensorFlow's, yes. */
  readonly tf32?: boolean;
  /** Refuses kernels that give other bits at every run, of which GPUs have some. One choice a process. Default false. */
  readonly deterministic?: boolean;
  /** Path of a binding (`.node`) or of a folder with one. Default: what `npx selfcure-tensorflow doctor` finds. */
  readonly library?: string;
  /** Makes it one of several workers, processes that train together on this machine or on several. One cluster a process. */
  readonly cluster?: TensorFlowCluster;
}

const products = { float32: dataType.float32, bfloat16: dataType.bfloat16 } as const;

function checkOptions({ threads, precision = 'float32' }: TensorFlowOptions): void {
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0))
    throw new TensorFlowError('UNSUPPORTED_OPTION', `threads is ${String(threads)}.`, 'Pass a whole number above 0.');
  if (Object.hasOwn(products, precision)) return;
  throw new TensorFlowError(
    'UNSUPPORTED_OPTION',
    `precision '${String(precision)}' is not supported: float16 needs a loss scale, which is part of the training step and not of an engine.`,
    "Use 'bfloat16', which has the range of float32, or 'float32'.",
  );
}

/** The error of a TensorFlow that does not open. */
function openingError({ message, details = {} }: Failure): Error {
  const { code = 'LOAD_FAILED', remedy = '', steps = [] } = details as Partial<TensorFlowError>;
  const text = remedy && message.endsWith(` ${remedy}`) ? message.slice(0, -remedy.length - 1) : message;
  return new TensorFlowError(code as TensorFlowErrorCode, text, remedy, { steps });
}

/**
 * Training on TensorFlow's kernels, on an NVIDIA GPU or on the processor. Every step is a fixed list of operations that a
 * thread of its own executes, so that the event loop stays free.
 *
 * @throws TensorFlowError where TensorFlow is missing, does not load, or has no GPU for `'cuda'`, or where the other workers of a
 *   cluster do not come; says what was looked for, and the remedy.
 * @example
 * const backend = await tensorflow({ device: 'cuda', precision: 'bfloat16' });
 */
export async function tensorflow(options: TensorFlowOptions = {}): Promise<Backend> {
  checkOptions(options);
  const { device = 'auto', threads, precision = 'float32', tf32, deterministic = false, library } = options;
  const cluster = options.cluster ? joinSettings(options.cluster) : null;
  const located = await locate({ device, ...(library !== undefined && { library }) });
  const connection = await connect(
    located,
    {
      device,
      deterministic,
      ...(threads !== undefined && { threads }),
      ...(tf32 !== undefined && { tensorFloat32: tf32 }),
    },
    openingError,
    cluster,
  );
  const { gpu, devices } = connection.greeting;
  const memory = devices.find(({ type }) => type === 'GPU')?.memory;
  let keys = 0;
  const allReduce: AllReduce | null = cluster && {
    workers: cluster.tasks.length,
    hint: gpu ? 'nccl' : 'ring',
    // Workers compile the same programs in the same order. 0 is the one that they leave with.
    nextKey: () => ++keys,
  };
  return planBackend({
    connection,
    kernels: { product: products[precision], gpu, ...(allReduce && { allReduce }) },
    capabilities: {
      device: gpu ? 'cuda' : 'cpu',
      threads: threads ?? availableParallelism(),
      precision: 'float32',
      deterministic: deterministic || !gpu,
      ...(cluster && { workers: { index: cluster.index, count: cluster.tasks.length } }),
      limits: gpu && memory !== undefined ? { maxBytes: memory } : {},
    },
    ...(cluster && { workers: cluster.addresses }),
  });
}
