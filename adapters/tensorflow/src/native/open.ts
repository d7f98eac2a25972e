import type { Binding, Collectives, Device, OpAttribute, TensorData, TensorInfo } from './binding.ts';
import type { DeviceChoice, GpuFacts, Located } from './location.ts';

/** How TensorFlow is opened. Plain data: a worker can be sent it. */
export interface OpenSettings {
  readonly device: DeviceChoice;
  /** Threads of one operation and of the pool that runs operations; TensorFlow's choice (all cores) if not given. */
  readonly threads?: number;
  /** Which GPU, counted within CUDA_VISIBLE_DEVICES. Default 0; one binding uses one GPU. */
  readonly gpu?: number;
  /** Operations that have no deterministic kernel fail instead of varying. Holds for the whole process. Default false. */
  readonly deterministic?: boolean;
  /** GPUs of the Ampere generation and later multiply with 10 bits of mantissa. Holds for the whole process. Default: TensorFlow's, on. */
  readonly tensorFloat32?: boolean;
}

/** What a `.node` file exports: our build has `open`, the stock one is the binding itself. */
interface Addon {
  readonly open?: (config: Uint8Array) => NativeBinding;
  readonly setEnvironment?: (name: string, value: string) => void;
  readonly setSwitch?: (name: 'tensorFloat32' | 'determinism', on: boolean) => void;
}

interface NativeBinding extends Partial<Collectives> {
  readonly TF_Version: string;
  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputCount: number,
  ): TensorInfo[];
  createTensor(shape: readonly number[], dtype: number, data: TensorData): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): TensorData;
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
  deleteTensors?: (ids: readonly number[]) => void;
  readTensors?: (ids: readonly number[]) => TensorData[];
  devices?: () => Device[];
}

/**
 * Loads a binding into the calling thread and opens TensorFlow with the settings.
 *
 * The function uses nothing but its arguments and globals, so that a worker can be made of its text. A failure is an
 * Error with the fields `code`, `remedy` and `steps` of a TensorFlowError.
 *
 * Environment variables for TensorFlow are set in `process.env` if they are not set: TF_CPP_MIN_LOG_LEVEL, and for a stock
 * binding those that stand for the settings. They reach the library from the main thread and from workers that were
 * started with `env: SHARE_ENV`.
 *
 * @param located what `locate` found.
 * @param load `require` of the thread.
 */
export function openTensorFlow(located: Located, settings: OpenSettings, load: (path: string) => unknown): Binding {
  const { device, threads, gpu = 0, deterministic = false, tensorFloat32 } = settings;
  const failure = (code: string, message: string, remedy: string, cause?: unknown): Error =>
    Object.assign(new Error(`${message} ${remedy}`, { cause }), { code, remedy, steps: located.steps });
  const text = (error: unknown): string => (error instanceof Error ? error.message : String(error));

  // Warnings and errors only: TensorFlow otherwise tells of processor features on every start.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '1';
  if (located.kind !== 'own') {
    // The stock binding makes its context while it loads.
    process.env['TF_OVERRIDE_GLOBAL_THREADPOOL'] ??= '1';
    process.env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
    if (threads !== undefined) {
      process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
      process.env['TF_NUM_INTEROP_THREADS'] = String(threads);
    }
    if (device === 'cpu') process.env['CUDA_VISIBLE_DEVICES'] = '-1';
    else if (settings.gpu !== undefined) {
      const visible = process.env['CUDA_VISIBLE_DEVICES'];
      process.env['CUDA_VISIBLE_DEVICES'] = visible?.split(',')[gpu] ?? String(gpu);
    }
    if (deterministic) process.env['TF_DETERMINISTIC_OPS'] = '1';
    if (tensorFloat32 === false) process.env['NVIDIA_TF32_OVERRIDE'] = '0';
  }

  let addon: Addon;
  try {
    addon = load(located.binding) as Addon;
  } catch (error) {
    const why = text(error);
    const remedy = /GLIBC|GLIBCXX|CXXABI/.test(why)
      ? 'Its libraries are newer than those of this system: use a newer distribution, or an older TensorFlow with `npx selfcure-tensorflow install --tf DIR`.'
      : /cannot open shared object/.test(why)
        ? 'The TensorFlow that it was built for has moved or is gone: run `npx selfcure-tensorflow install` again.'
        : 'Run `npx selfcure-tensorflow doctor`, which loads it in a process of its own.';
    throw failure('LOAD_FAILED', `TensorFlow's binding ${located.binding} does not load: ${why}.`, remedy, error);
  }

  let native: NativeBinding;
  let config: number[] = [];
  if (addon.open === undefined) {
    native = addon as unknown as NativeBinding;
  } else {
    // tensorflow.ConfigProto by hand: device_count = 1, intra_op_parallelism_threads = 2, inter_op_parallelism_threads = 5,
    // gpu_options = 6 { allow_growth = 4, visible_device_list = 5 }.
    const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]);
    const message = (field: number, bytes: readonly number[]): number[] => [
      (field << 3) | 2,
      ...varint(bytes.length),
      ...bytes,
    ];
    const letters = (value: string): number[] => [...value].map((letter) => letter.charCodeAt(0));
    config = [
      ...(device === 'cpu' ? message(1, [...message(1, letters('GPU')), (2 << 3) | 0, 0]) : []),
      ...(threads === undefined ? [] : [2 << 3, ...varint(threads), 5 << 3, ...varint(threads)]),
      ...(device === 'cpu' ? [] : message(6, [4 << 3, 1, ...message(5, letters(String(gpu)))])),
    ];
    try {
      // Without it the first context of a process decides the number of threads of all.
      addon.setEnvironment?.('TF_OVERRIDE_GLOBAL_THREADPOOL', '1');
      if (deterministic) addon.setSwitch?.('determinism', true);
      if (tensorFloat32 !== undefined) addon.setSwitch?.('tensorFloat32', tensorFloat32);
      native = addon.open(Uint8Array.from(config));
    } catch (error) {
      const open = error instanceof Error && (error as NodeJS.ErrnoException).code === 'ERR_ALREADY_OPEN';
      throw failure(
        open ? 'ALREADY_OPEN' : 'LOAD_FAILED',
        `TensorFlow does not open: ${text(error)}.`,
        open ? 'Use one set of options in a thread.' : 'Run `npx selfcure-tensorflow doctor`.',
        error,
      );
    }
  }

  const devices = native.devices?.() ?? [];
  if (device === 'cuda' && !native.isUsingGpuDevice()) {
    const { driver, libcuda, devices: files, visible } = located.gpu as GpuFacts;
    const facts = [
      `TensorFlow ${native.TF_Version}`,
      located.build === 'unknown'
        ? located.binding
        : `${located.build === 'cuda' ? 'CUDA' : 'CPU'} build, ${located.binding}`,
      devices.length === 0
        ? 'it lists no GPU'
        : `it lists ${devices.map(({ name }) => name.replace(/^.*device:/, '')).join(', ')}`,
      driver === null ? 'no NVIDIA driver is loaded' : `NVIDIA driver ${driver}`,
      libcuda === null ? 'libcuda.so.1 not found' : libcuda,
      files.length === 0 ? 'no /dev/nvidia* device' : files.join(' '),
      ...(visible === null ? [] : [`CUDA_VISIBLE_DEVICES=${visible}`]),
    ].join('; ');
    const missing =
      located.build === 'cpu'
        ? 'A CUDA build of TensorFlow is missing: run `npx selfcure-tensorflow install --gpu`.'
        : libcuda === null || files.length === 0
          ? "The NVIDIA driver is missing (in a container: start it with the NVIDIA runtime, --gpus all), or ask for device 'cpu'."
          : 'The CUDA or cuDNN libraries do not load: `npx selfcure-tensorflow doctor` prints what TensorFlow says of them.';
    throw failure('NO_GPU', `device 'cuda' was asked for and TensorFlow has no GPU: ${facts}.`, missing);
  }

  const { deleteTensors, readTensors, enableCollectives, checkPeer, watchPeers, abortCollectives } = native;
  return {
    version: native.TF_Version,
    executeOp: native.executeOp,
    createTensor: native.createTensor,
    deleteTensor: native.deleteTensor,
    deleteTensors: deleteTensors ?? ((ids) => ids.forEach((id) => native.deleteTensor(id))),
    tensorDataSync: native.tensorDataSync,
    readTensors: readTensors ?? ((ids) => ids.map((id) => native.tensorDataSync(id))),
    isUsingGpuDevice: native.isUsingGpuDevice,
    tensorCount: native.getNumOfTensors,
    devices,
    config: Uint8Array.from(config),
    collectives:
      enableCollectives && checkPeer && watchPeers && abortCollectives
        ? { enableCollectives, checkPeer, watchPeers, abortCollectives }
        : null,
  };
}
