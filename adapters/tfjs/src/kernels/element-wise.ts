import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Kernel } from '@selfcure/tensor';
import type { KernelSet } from './kernels.ts';

const unary = {
  neg: 'Neg',
  exp: 'Exp',
  log: 'Log',
  sqrt: 'Sqrt',
  rsqrt: 'Rsqrt',
  square: 'Square',
  abs: 'Abs',
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
};
const binary = { add: 'Add', sub: 'Sub', mul: 'Multiply', div: 'RealDiv', maximum: 'Maximum', minimum: 'Minimum' };
const comparison = { greater: 'Greater', greaterEqual: 'GreaterEqual', less: 'Less', equal: 'Equal' };

/** Operations on each element alone. */
export const elementWiseKernels: KernelSet = (engine) => {
  const { call, scoped, upload } = engine;
  const each = (
    names: Readonly<Record<string, string>>,
    make: (kernel: string) => Kernel<TensorInfo>,
  ): Record<string, Kernel<TensorInfo>> =>
    Object.fromEntries(Object.entries(names).map(([op, kernel]) => [op, make(kernel)]));
  /** Broadcasts one operand of `select`, whose kernel does not broadcast. */
  const spread = (x: TensorInfo, shape: readonly number[]): TensorInfo =>
    x.shape.length === shape.length && x.shape.every((length, axis) => length === shape[axis])
      ? x
      : call('Add', {
          a: x,
          b: upload(new Float32Array(shape.reduce((size, length) => size * length, 1)), shape, 'f32'),
        });

  return {
    identity: (_, [x]) => engine.share(x!), // values are never written in place
    ...each(
      unary,
      (kernel) =>
        (_, [x]) =>
          call(kernel, { x: x! }),
    ),
    ...each(
      binary,
      (kernel) =>
        (_, [a, b]) =>
          call(kernel, { a: a!, b: b! }),
    ),
    ...each(
      comparison,
      (kernel) =>
        (_, [a, b]) =>
          scoped(() => call('Cast', { x: call(kernel, { a: a!, b: b! }) }, { dtype: 'float32' })),
    ),
    reluGrad: (_, [a, b]) => scoped(() => call('Multiply', { a: a!, b: call('Step', { x: b! }, { alpha: 0 }) })),
    select: (node, [condition, a, b]) =>
      scoped(() => {
        const zero = upload(new Float32Array(1), [], 'f32');
        const chosen = call('NotEqual', { a: spread(condition!, node.shape), b: zero });
        return call('Select', { condition: chosen, t: spread(a!, node.shape), e: spread(b!, node.shape) });
      }),
  };
};
