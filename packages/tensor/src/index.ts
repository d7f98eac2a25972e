export type {
  Backend,
  Capabilities,
  MemoryInfo,
  NamedArrays,
  NumericArray,
  Program,
  ProgramReport,
  State,
  Workers,
} from './backend.ts';
export { checkArray, checkState } from './checks.ts';
export { GraphError, RunError, ShapeError, TensorError, UnsupportedOperationError } from './errors.ts';
export { fuseBatchNorm } from './fuse/batch-norm.ts';
export type { BatchNormSteps, NormalizeOptions, ReluGradient } from './fuse/batch-norm.ts';
export { stepClaims } from './fuse/claims.ts';
export { compileSteps, selectSteps } from './fuse/compile-steps.ts';
export type { CompiledSteps, CompileStepsOptions, SelectedSteps, SelectStepsOptions } from './fuse/compile-steps.ts';
export { fuseElementWise } from './fuse/element-wise.ts';
export type { ElementWiseSteps } from './fuse/element-wise.ts';
export type { Fuser, Fusion } from './fuse/fusion.ts';
export { resolve, unshaped, workspace } from './fuse/place.ts';
export type { Place } from './fuse/place.ts';
export { usesOf } from './fuse/uses.ts';
export type { Uses } from './fuse/uses.ts';
export type {
  Attributes,
  DType,
  Graph,
  Initializer,
  InputSpec,
  Json,
  Node,
  Shape,
  StateKind,
  StateSpec,
  Tensor,
} from './graph.ts';
export { checkIndices, indexBounds } from './index-bounds.ts';
export type { IndexBound } from './index-bounds.ts';
export { interpret, tableClaims } from './interpret.ts';
export type { Interpreter, Kernel, KernelTable } from './interpret.ts';
export { kernelBackend } from './kernel-backend.ts';
export type { KernelBackendOptions } from './kernel-backend.ts';
export { lower } from './lower.ts';
export type { ConvolutionAttributes, ConvolutionGradientAttributes, MatmulAttributes } from './operations/contract.ts';
export type { FullAttributes, InputAttributes, StateAttributes } from './operations/leaf.ts';
export type { BatchNormAttributes } from './operations/normalize.ts';
export { attributesOf } from './operations/operation.ts';
export type { Operation, OperationTable } from './operations/operation.ts';
export { slotName } from './operations/optimize.ts';
export type { AdamAttributes, AssignAttributes, SgdAttributes } from './operations/optimize.ts';
export type { PoolAttributes } from './operations/pool.ts';
export { keptShape } from './operations/reduce.ts';
export type { ReduceAttributes } from './operations/reduce.ts';
export type { PadRowsAttributes, RowsAttributes, TargetShapeAttributes } from './operations/shape.ts';
export { operationDocs } from './operations/documentation.ts';
export { operationTable } from './operations/table.ts';
export { createOps } from './ops.ts';
export type { Builder, Conv2dOptions, MatmulOptions, Operand, Ops, Padding, PoolOptions } from './ops.ts';
export { flopsOf, plan } from './plan.ts';
export type { MemoryPlan, PlanOptions, Step } from './plan.ts';
export { printGraph, printNode, printPlan } from './print.ts';
export { broadcastShapes, formatShape, sameShape, sizeOf, stridesOf } from './shape.ts';
export { createTracer, rootOf, trace } from './trace.ts';
export type { TraceOptions, Tracer } from './trace.ts';
