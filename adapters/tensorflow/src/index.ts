export type { TensorFlowCluster } from './cluster.ts';
export { TensorFlowRunError, TensorFlowWorkerError, TensorFlowWorkerLostError } from './errors.ts';
export type { DeviceChoice, SearchStep } from './native/location.ts';
export { TensorFlowError } from './native/tensorflow-error.ts';
export type { TensorFlowErrorCode } from './native/tensorflow-error.ts';
export { tensorflow } from './tensorflow.ts';
export type { TensorFlowOptions } from './tensorflow.ts';
