import type { OperationTable } from './operation.ts';

/** What the workers of one run compute together; an engine that is one of several claims it, on others it lowers to its input. */
export const collectiveOperations: OperationTable = {
  allReduceMean: {
    arity: 1,
    shape: (inputs) => inputs[0]!.shape,
    gradient: (ops, _, upstream) => [ops.allReduceMean(upstream)],
    lower: (_, node) => node.inputs[0]!,
  },
};
