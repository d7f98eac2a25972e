import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Kernel } from '@selfcure/tensor';
import type { TfjsEngine } from '../engine.ts';

/** Kernels over tfjs handles, by operation. */
export type TfjsKernels = Readonly<Record<string, Kernel<TensorInfo>>>;

/** One file of kernels: those that a backend can run. */
export type KernelSet = (engine: TfjsEngine) => TfjsKernels;
