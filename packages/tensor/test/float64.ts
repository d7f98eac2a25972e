/**
 * A second opinion on every engine: the operations that have no lowering, in double precision, each straight from its
 * definition as a sum or maximum over indices. Composites reach it lowered. Slow, and meant to be read.
 *
 * @module
 */
import {
  attributesOf,
  interpret,
  kernelBackend,
  lower,
  operationTable,
  sizeOf,
  stridesOf,
  tableClaims,
} from '@selfcure/tensor';
import type {
  Backend,
  ConvolutionGradientAttributes,
  Graph,
  Kernel,
  KernelTable,
  MatmulAttributes,
  NumericArray,
  OperationTable,
  PadRowsAttributes,
  PoolAttributes,
  ReduceAttributes,
  RowsAttributes,
  Shape,
} from '@selfcure/tensor';

/** A value: numbers in row-major order and their shape. */
export interface Value {
  readonly shape: Shape;
  readonly data: Float64Array;
}

const empty = (shape: Shape): Value => ({ shape, data: new Float64Array(sizeOf(shape)) });

/** Calls `visit` with every index of a shape, in row-major order. */
function eachIndex(shape: Shape, visit: (index: readonly number[], flat: number) => void): void {
  const strides = stridesOf(shape);
  for (let flat = 0; flat < sizeOf(shape); flat++) {
    visit(
      shape.map((length, axis) => Math.floor(flat / strides[axis]!) % length),
      flat,
    );
  }
}

/** Position of an index in a value that broadcasts to the index's shape. */
function at(value: Value, index: readonly number[]): number {
  const strides = stridesOf(value.shape);
  const added = index.length - value.shape.length;
  return value.shape.reduce((sum, length, axis) => sum + (length === 1 ? 0 : index[axis + added]! * strides[axis]!), 0);
}

const elementWise =
  (op: string): Kernel<Value> =>
  (node, inputs) => {
    const value = empty(node.shape);
    eachIndex(node.shape, (index, flat) => {
      const [a = 0, b = 0, c = 0] = inputs.map((input) => input.data[at(input, index)]!);
      value.data[flat] = operationTable[op]!.evaluate!(a, b, c);
    });
    return value;
  };

const reduce =
  (first: number, join: (a: number, b: number) => number): Kernel<Value> =>
  (node, [x]) => {
    const { axes } = attributesOf<ReduceAttributes>(node);
    const kept: Value = {
      shape: x!.shape.map((length, axis) => (axes.includes(axis) ? 1 : length)),
      data: new Float64Array(sizeOf(node.shape)).fill(first),
    };
    eachIndex(x!.shape, (index, flat) => {
      const place = at(kept, index);
      kept.data[place] = join(kept.data[place]!, x!.data[flat]!);
    });
    return { shape: node.shape, data: kept.data };
  };

/** Calls `visit` with the flat positions of (image, filter, output) of every product of a convolution. */
function eachProduct(
  image: Shape,
  filter: Shape,
  output: Shape,
  { stride, padding, groups }: ConvolutionGradientAttributes,
  visit: (image: number, filter: number, output: number) => void,
): void {
  const [imageStrides, filterStrides] = [stridesOf(image), stridesOf(filter)];
  const perGroup = filter[3]! / groups;
  eachIndex(output, ([n, oy, ox, o], flat) => {
    eachIndex(filter.slice(0, 3), ([fy, fx, c]) => {
      const y = oy! * stride[0] + fy! - padding[0];
      const x = ox! * stride[1] + fx! - padding[2];
      if (y < 0 || x < 0 || y >= image[1]! || x >= image[2]!) return;
      const channel = Math.floor(o! / perGroup) * filter[2]! + c!;
      visit(
        n! * imageStrides[0]! + y * imageStrides[1]! + x * imageStrides[2]! + channel,
        fy! * filterStrides[0]! + fx! * filterStrides[1]! + c! * filterStrides[2]! + o!,
        flat,
      );
    });
  });
}

/** Position of the first largest element of every window of a pooling. */
function winners(x: Value, output: Shape, { size, stride, padding }: PoolAttributes): Int32Array {
  const strides = stridesOf(x.shape);
  const won = new Int32Array(sizeOf(output)).fill(-1);
  eachIndex(output, ([n, oy, ox, c], flat) => {
    eachIndex(size, ([fy, fx]) => {
      const y = oy! * stride[0] + fy! - padding[0];
      const col = ox! * stride[1] + fx! - padding[2];
      if (y < 0 || col < 0 || y >= x.shape[1]! || col >= x.shape[2]!) return;
      const place = n! * strides[0]! + y * strides[1]! + col * strides[2]! + c!;
      if (won[flat]! < 0 || x.data[place]! > x.data[won[flat]!]!) won[flat] = place;
    });
  });
  return won;
}

const rowSize = (shape: Shape): number => sizeOf(shape.slice(1));

const kernels: Readonly<Record<string, Kernel<Value>>> = {
  ...Object.fromEntries(
    Object.keys(operationTable)
      .filter((op) => operationTable[op]!.evaluate)
      .map((op) => [op, elementWise(op)]),
  ),
  full: (node) => ({
    shape: node.shape,
    data: new Float64Array(sizeOf(node.shape)).fill(Number(node.attributes['value'])),
  }),
  iota: (node) => ({ shape: node.shape, data: Float64Array.from({ length: node.shape[0]! }, (_, i) => i) }),
  sum: reduce(0, (a, b) => a + b),
  max: reduce(-Infinity, Math.max),
  reshape: (node, [x]) => ({ shape: node.shape, data: x!.data.slice() }),
  rows: (node, [x]) => {
    const { from, to } = attributesOf<RowsAttributes>(node);
    return { shape: node.shape, data: x!.data.slice(from * rowSize(x!.shape), to * rowSize(x!.shape)) };
  },
  padRows: (node, [x]) => {
    const value = empty(node.shape);
    value.data.set(x!.data, attributesOf<PadRowsAttributes>(node).from * rowSize(x!.shape));
    return value;
  },
  concatRows: (node, inputs) => ({
    shape: node.shape,
    data: Float64Array.from(inputs.flatMap((input) => [...input.data])),
  }),
  takeRows: (node, [x, index]) => {
    const size = rowSize(x!.shape);
    return {
      shape: node.shape,
      data: Float64Array.from([...index!.data].flatMap((row) => [...x!.data.slice(row * size, (row + 1) * size)])),
    };
  },
  scatterRows: (node, [x, index]) => {
    const value = empty(node.shape);
    const size = rowSize(x!.shape);
    x!.data.forEach((element, i) => (value.data[index!.data[Math.floor(i / size)]! * size + (i % size)]! += element));
    return value;
  },
  transpose: (node, [x]) => {
    const { permutation } = attributesOf<{ permutation: readonly number[] }>(node);
    const value = empty(node.shape);
    eachIndex(node.shape, (index, flat) => {
      const source = new Array<number>(index.length);
      permutation.forEach((axis, i) => (source[axis] = index[i]!));
      value.data[flat] = x!.data[at(x!, source)]!;
    });
    return value;
  },
  broadcastTo: elementWise('identity'),
  matmul: (node, [a, b]) => {
    const { transposeA, transposeB } = attributesOf<MatmulAttributes>(node);
    const value = empty(node.shape);
    const inner = a!.shape[transposeA ? 0 : 1]!;
    eachIndex(node.shape, ([i, j], flat) => {
      for (let k = 0; k < inner; k++) {
        value.data[flat]! +=
          a!.data[at(a!, transposeA ? [k, i!] : [i!, k])]! * b!.data[at(b!, transposeB ? [j!, k] : [k, j!])]!;
      }
    });
    return value;
  },
  conv2d: (node, [x, filter]) => {
    const value = empty(node.shape);
    eachProduct(
      x!.shape,
      filter!.shape,
      node.shape,
      attributesOf(node),
      (i, f, o) => (value.data[o]! += x!.data[i]! * filter!.data[f]!),
    );
    return value;
  },
  conv2dGradInput: (node, [d, filter]) => {
    const value = empty(node.shape);
    eachProduct(
      node.shape,
      filter!.shape,
      d!.shape,
      attributesOf(node),
      (i, f, o) => (value.data[i]! += d!.data[o]! * filter!.data[f]!),
    );
    return value;
  },
  conv2dGradFilter: (node, [x, d]) => {
    const value = empty(node.shape);
    eachProduct(
      x!.shape,
      node.shape,
      d!.shape,
      attributesOf(node),
      (i, f, o) => (value.data[f]! += x!.data[i]! * d!.data[o]!),
    );
    return value;
  },
  maxPool: (node, [x]) => ({
    shape: node.shape,
    data: Float64Array.from(winners(x!, node.shape, attributesOf(node)), (place) => x!.data[place]!),
  }),
  maxPoolGrad: (node, [x, y, d]) => {
    const value = empty(node.shape);
    winners(x!, y!.shape, attributesOf(node)).forEach((place, i) => (value.data[place]! += d!.data[i]!));
    return value;
  },
};

/** The kernels, over plain arrays. */
export const float64Table: KernelTable<Value> = {
  kernels,
  upload: (values, shape) => ({ shape, data: Float64Array.from(values) }),
  download: (value) => value.data.slice(),
  share: (value) => value,
  dispose: () => {},
};

/** Names of the operations that have a kernel here; the others are composites. */
export const primitives: readonly string[] = Object.keys(kernels);

/** The second opinion as a whole backend. */
export function float64Backend(): Backend {
  return kernelBackend({
    name: 'float64',
    capabilities: { device: 'cpu', threads: 1, precision: 'float64', deterministic: true, limits: {} },
    table: float64Table,
  });
}

/** Arrays by name, to run a graph on. */
export type Arrays = Readonly<Record<string, NumericArray | readonly number[]>>;

/** Runs a graph once, with states and inputs by name: the outputs, and every state after the effects. */
export function evaluate(
  graph: Graph,
  inputs: Arrays = {},
  states: Arrays = {},
  operations?: OperationTable,
): { outputs: Record<string, number[]>; states: Record<string, number[]> } {
  const lowered = lower(graph, (node) => tableClaims(float64Table, node), operations);
  const value = (shape: Shape, data: NumericArray | readonly number[] | undefined): Value => ({
    shape,
    data: Float64Array.from(data!),
  });
  const held = new Map(graph.state.map(({ name, shape }) => [name, value(shape, states[name])]));
  const fed = new Map(graph.inputs.map(({ name, shape }) => [name, value(shape, inputs[name])]));
  const outputs = interpret(lowered, float64Table).run(held, fed);
  const plain = (map: ReadonlyMap<string, Value>): Record<string, number[]> =>
    Object.fromEntries([...map].map(([name, { data }]) => [name, [...data]]));
  return { outputs: plain(outputs), states: plain(held) };
}
