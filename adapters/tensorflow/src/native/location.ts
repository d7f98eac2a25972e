/** Which device computes: `cuda` insists on a GPU, `cpu` hides GPUs, `auto` takes a GPU where there is one. */
export type DeviceChoice = 'cuda' | 'cpu' | 'auto';

/** What a TensorFlow library was built for; unknown where nothing tells without loading it. */
export type LibraryBuild = 'cuda' | 'cpu' | 'unknown';

/** One step of the search, as data. */
export interface SearchStep {
  /** What was looked for: `option library`, `SELFCURE_TF_BINDING`, `@tensorflow/tfjs-node-gpu`, `own build` and so on. */
  readonly what: string;
  /** Path that was looked at; null where there was none to look at. */
  readonly where: string | null;
  readonly found: boolean;
  /** Why it was taken or not. */
  readonly why: string;
}

/** A binding to load, as plain data that a worker can be sent. */
export interface Located {
  /** Path of the `.node` file. */
  readonly binding: string;
  /** `own`: built by `selfcure-tensorflow install`; `stock`: of an installed tfjs-node(-gpu); `explicit`: either. */
  readonly kind: 'own' | 'stock' | 'explicit';
  readonly build: LibraryBuild;
  /** Folder of the TensorFlow libraries, where known. */
  readonly library: string | null;
  /** Every step up to the one that found it, and those after it that were not needed left out. */
  readonly steps: readonly SearchStep[];
  /** What this machine has of an NVIDIA driver, for messages about a missing GPU. */
  readonly gpu: GpuFacts;
}

/** What can be seen of NVIDIA GPUs without loading anything. */
export interface GpuFacts {
  /** Version of the kernel driver, null where none is loaded. */
  readonly driver: string | null;
  /** Path of libcuda.so.1, which the driver brings; null where not found. */
  readonly libcuda: string | null;
  /** Device files, `/dev/nvidia0` and so on. */
  readonly devices: readonly string[];
  /** CUDA_VISIBLE_DEVICES, null where not set. */
  readonly visible: string | null;
}
