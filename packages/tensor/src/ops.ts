import { ShapeError } from './errors.ts';
import type { Attributes, DType, Initializer, Shape, StateKind, StateSpec, Tensor } from './graph.ts';
import { formatShape, sameShape, sizeOf } from './shape.ts';

/** A symbolic value or a number, which stands for a scalar constant. */
export type Operand = Tensor | number;

/** How windows are laid over an image: `'same'` (output length = input length / stride, rounded up), one width for all sides, or top, bottom, left, right. */
export type Padding = 'same' | number | readonly [number, number, number, number];

/** Options of {@link Ops.conv2d}. */
export interface Conv2dOptions {
  /** Default 1. */
  readonly stride?: number;
  /** Default `'same'`. */
  readonly padding?: Padding;
  /** Channel groups. Default 1. */
  readonly groups?: number;
}

/** Options of {@link Ops.maxPool}. */
export interface PoolOptions {
  readonly size: number;
  /** Default: the size. */
  readonly stride?: number;
  /** Default 0. */
  readonly padding?: Padding;
}

/** Options of {@link Ops.matmul}. */
export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** What a tracer provides and {@link createOps} builds the named operations on. */
export interface Builder {
  /** Adds or finds one node. */
  call(op: string, inputs: readonly Operand[], attributes: Attributes): Tensor;
  scope<T>(name: string, body: () => T): T;
  layer(): string;
  declare(name: string, shape: Shape, kind: StateKind, init: Initializer): Tensor;
  read(name: string): Tensor;
  declared(): readonly StateSpec[];
  gradients(loss: Tensor, of: readonly Tensor[]): (Tensor | null)[];
  customGradient: Ops['customGradient'];
}

/**
 * The operations that models, heads, losses and regularizers are written with. Every call adds or finds one node of the
 * graph; nothing is computed. Shapes are checked at once: a {@link ShapeError} names operation, layer and shapes.
 * Element-wise operations broadcast by NumPy's rule and take numbers for constants.
 */
export interface Ops {
  /** Any operation of the table by name. */
  call(op: string, inputs: readonly Operand[], attributes: Attributes): Tensor;
  /** Runs `body` under a layer name; parameters made inside carry it in their names. */
  scope<T>(name: string, body: () => T): T;

  /** A value uploaded at every run. */
  input(name: string, shape: Shape, dtype?: DType): Tensor;
  /** A trained value; `name` is relative to the scope and has no ':'. Asking for the same name again gives the same value. */
  parameter(name: string, shape: Shape, init: Initializer): Tensor;
  /** A value that the model keeps, such as a running mean; `name` is relative to the scope and has no ':'. */
  statistic(name: string, shape: Shape, init: Initializer): Tensor;
  /** A value that an optimizer keeps, by its full name; starts at 0. */
  slot(name: string, shape: Shape): Tensor;
  /** A declared state by its full name, as it stands after the effects recorded so far. */
  read(name: string): Tensor;
  /** The states declared so far, in order. */
  declared(): readonly StateSpec[];
  /** A constant. */
  full(value: number, shape: Shape): Tensor;
  /** 0, 1, … length - 1. */
  iota(length: number): Tensor;

  /** A copy. */
  identity(a: Operand): Tensor;
  neg(a: Operand): Tensor;
  exp(a: Operand): Tensor;
  log(a: Operand): Tensor;
  sqrt(a: Operand): Tensor;
  rsqrt(a: Operand): Tensor;
  square(a: Operand): Tensor;
  abs(a: Operand): Tensor;
  relu(a: Operand): Tensor;
  sigmoid(a: Operand): Tensor;
  tanh(a: Operand): Tensor;
  add(a: Operand, b: Operand): Tensor;
  sub(a: Operand, b: Operand): Tensor;
  mul(a: Operand, b: Operand): Tensor;
  div(a: Operand, b: Operand): Tensor;
  maximum(a: Operand, b: Operand): Tensor;
  minimum(a: Operand, b: Operand): Tensor;
  /** 1 where true, else 0; so are the other comparisons. */
  greater(a: Operand, b: Operand): Tensor;
  greaterEqual(a: Operand, b: Operand): Tensor;
  less(a: Operand, b: Operand): Tensor;
  equal(a: Operand, b: Operand): Tensor;
  /** `a` where `b > 0`, else 0. */
  reluGrad(a: Operand, b: Operand): Tensor;
  /** `a` where the condition is not 0, else `b`. */
  select(condition: Operand, a: Operand, b: Operand): Tensor;

  /** Sum over axes; all where absent. */
  sum(x: Tensor, axes?: readonly number[], keepDims?: boolean): Tensor;
  /** Mean over axes; all where absent. */
  mean(x: Tensor, axes?: readonly number[], keepDims?: boolean): Tensor;
  /** Largest element over axes; all where absent. */
  max(x: Tensor, axes?: readonly number[], keepDims?: boolean): Tensor;
  /** Sums the axes that broadcasting from `shape` added or widened. */
  sumTo(x: Tensor, shape: Shape): Tensor;

  reshape(x: Tensor, shape: Shape): Tensor;
  broadcastTo(x: Tensor, shape: Shape): Tensor;
  transpose(x: Tensor, permutation: readonly number[]): Tensor;
  /** Rows [from, to) of the first axis: a view. */
  rows(x: Tensor, from: number, to: number): Tensor;
  /** Row `index` without its axis: a view. */
  row(x: Tensor, index: number): Tensor;
  /** Values of one shape as the rows of a new first axis. */
  stackRows(values: readonly Tensor[]): Tensor;
  concatRows(values: readonly Tensor[]): Tensor;
  /** Zero rows around `x`, which begins at row `from` of `rows`. */
  padRows(x: Tensor, from: number, rows: number): Tensor;
  /** value[i] = x[index[i]]; the index is an i32 input. */
  takeRows(x: Tensor, index: Tensor): Tensor;
  /** value[index[i]] += x[i], from zeros. */
  scatterRows(x: Tensor, index: Tensor, rows: number): Tensor;
  /** The same value, as a constant to differentiation. */
  stopGradient(x: Tensor): Tensor;

  matmul(a: Tensor, b: Tensor, options?: MatmulOptions): Tensor;
  /** Images [N, H, W, C] with filters [height, width, C / groups, out]. */
  conv2d(x: Tensor, filter: Tensor, options?: Conv2dOptions): Tensor;
  maxPool(x: Tensor, options: PoolOptions): Tensor;

  /** Statistics of a batch over all axes but the last: rows mean, biased variance, 1 / sqrt(variance + epsilon). */
  bnStats(x: Tensor, epsilon: number): Tensor;
  /** (x - mean) / sqrt(variance + epsilon) scale + offset; `batchStatistics` says that the statistics are those of x itself. */
  bnApply(x: Tensor, statistics: Tensor, scale: Tensor, offset: Tensor, batchStatistics: boolean): Tensor;
  /** Softmax over the last axis. */
  softmax(x: Tensor): Tensor;
  /** Logarithm of softmax over the last axis. */
  logSoftmax(x: Tensor): Tensor;
  /** One value a row; `targets` are one-hot or soft rows. */
  softmaxCrossEntropy(logits: Tensor, targets: Tensor): Tensor;
  /** 1 for the `count` largest elements of a vector (among equals the lower index first), else 0; no gradient. */
  rankMask(values: Tensor, count: number): Tensor;

  /** Mean over the workers of a run, the same on all of them; `x` where there is one. */
  allReduceMean(x: Tensor): Tensor;

  /** Gradients of a scalar for some values; null where no path leads to one. */
  gradients(loss: Tensor, of: readonly Tensor[]): (Tensor | null)[];
  /**
   * A function with a gradient rule of its own.
   *
   * @param inputs the values that the function depends on.
   * @param forward computes the value; differentiation does not look into it.
   * @param rule gives one gradient (or null) per input, from the value and the gradient for it.
   */
  customGradient(
    inputs: readonly Tensor[],
    forward: (...inputs: Tensor[]) => Tensor,
    rule: (value: Tensor, upstream: Tensor) => readonly (Tensor | null)[],
  ): Tensor;

  /** Effect: state `name` takes a value. */
  assign(name: string, value: Tensor): Tensor;
  /** Effect: state <- decay state + (1 - decay) value. */
  ema(name: string, value: Tensor, decay: Operand): Tensor;
}

const unary = ['identity', 'neg', 'exp', 'log', 'sqrt', 'rsqrt', 'square', 'abs', 'relu', 'sigmoid', 'tanh'] as const;
const binary = [
  'add',
  'sub',
  'mul',
  'div',
  'maximum',
  'minimum',
  'greater',
  'greaterEqual',
  'less',
  'equal',
  'reluGrad',
] as const;
type Unary = Pick<Ops, (typeof unary)[number]>;
type Binary = Pick<Ops, (typeof binary)[number]>;

const allAxes = (x: Tensor): number[] => x.shape.map((_, axis) => axis);

/** Sides of a window layout; `'same'` puts the odd row or column at the end. */
function sides(
  padding: Padding,
  lengths: readonly [number, number],
  windows: readonly [number, number],
  stride: number,
): number[] {
  if (typeof padding === 'number') return [padding, padding, padding, padding];
  if (padding !== 'same') return [...padding];
  return lengths.flatMap((length, i) => {
    const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + windows[i]! - length);
    const before = Math.floor(total / 2);
    return [before, total - before];
  });
}

/**
 * The named operations over a builder, as {@link createTracer} makes them.
 *
 * @example
 * createOps(builder).square(x); // builder.call('square', [x], {})
 */
export function createOps(builder: Builder): Ops {
  const { call, read } = builder;
  const path = (name: string): string => (builder.layer() ? `${builder.layer()}/${name}` : name);
  const one = Object.fromEntries(unary.map((op) => [op, (a: Operand) => call(op, [a], {})])) as unknown as Unary;
  const two = Object.fromEntries(
    binary.map((op) => [op, (a: Operand, b: Operand) => call(op, [a, b], {})]),
  ) as unknown as Binary;

  const reshape = (x: Tensor, shape: Shape): Tensor => call('reshape', [x], { shape });

  /** A reduction node removes one block of adjacent axes (axes of size 1 do not count); others become nested ones. */
  const reduce = (op: 'sum' | 'max', x: Tensor, axes: readonly number[], keepDims: boolean): Tensor => {
    const sorted = [...axes].map((axis) => (axis < 0 ? axis + x.shape.length : axis)).sort((a, b) => a - b);
    if (sorted.some((axis, i) => !(axis >= 0 && axis < x.shape.length) || axis === sorted[i - 1])) {
      throw new ShapeError(
        `${op} (layer '${builder.layer() || 'top'}'): axes [${axes.join(', ')}] of ${formatShape(x.shape)} do not exist or are named twice`,
      );
    }
    const cut = sorted.findIndex(
      (axis, i) => i > 0 && x.shape.slice(sorted[i - 1]! + 1, axis).some((length) => length !== 1),
    );
    const outer = cut < 0 ? x : reduce(op, x, sorted.slice(cut), true);
    const block = cut < 0 ? sorted : sorted.slice(0, cut);
    const first = block[0] ?? 0;
    const full = block.length ? Array.from({ length: block.at(-1)! - first + 1 }, (_, i) => first + i) : [];
    const reduced = call(op, [outer], { axes: full, keepDims: true });
    return keepDims
      ? reduced
      : reshape(
          reduced,
          x.shape.filter((_, axis) => !sorted.includes(axis)),
        );
  };
  const sum: Ops['sum'] = (x, axes = allAxes(x), keepDims = false) => reduce('sum', x, axes, keepDims);
  const rows: Ops['rows'] = (x, from, to) => call('rows', [x], { from, to });
  const concatRows: Ops['concatRows'] = (values) => call('concatRows', values, {});

  return {
    ...one,
    ...two,
    call,
    scope: (name, body) => builder.scope(name, body),
    input: (name, shape, dtype = 'f32') => call('input', [], { name, shape, dtype }),
    parameter: (name, shape, init) => builder.declare(path(name), shape, 'parameter', init),
    statistic: (name, shape, init) => builder.declare(path(name), shape, 'statistic', init),
    slot: (name, shape) => builder.declare(name, shape, 'slot', { kind: 'constant', value: 0 }),
    read,
    declared: () => builder.declared(),
    full: (value, shape) => call('full', [], { value, shape }),
    iota: (length) => call('iota', [], { length }),
    select: (condition, a, b) => call('select', [condition, a, b], {}),
    sum,
    mean: (x, axes = allAxes(x), keepDims = false) =>
      two.mul(sum(x, axes, keepDims), 1 / sizeOf(axes.map((axis) => x.shape.at(axis)!))),
    max: (x, axes = allAxes(x), keepDims = false) => reduce('max', x, axes, keepDims),
    sumTo: (x, shape) => {
      if (sameShape(x.shape, shape)) return x;
      const added = x.shape.length - shape.length;
      const axes = allAxes(x).filter((axis) => axis < added || (shape[axis - added] === 1 && x.shape[axis] !== 1));
      return reshape(sum(x, axes), shape);
    },
    reshape,
    broadcastTo: (x, shape) => call('broadcastTo', [x], { shape }),
    transpose: (x, permutation) => call('transpose', [x], { permutation }),
    rows,
    row: (x, index) => reshape(rows(x, index, index + 1), x.shape.slice(1)),
    stackRows: (values) => concatRows(values.map((value) => reshape(value, [1, ...value.shape]))),
    concatRows,
    padRows: (x, from, total) => call('padRows', [x], { from, rows: total }),
    takeRows: (x, index) => call('takeRows', [x, index], {}),
    scatterRows: (x, index, total) => call('scatterRows', [x, index], { rows: total }),
    stopGradient: (x) => call('stopGradient', [x], {}),
    matmul: (a, b, { transposeA = false, transposeB = false } = {}) =>
      call('matmul', [a, b], { transposeA, transposeB }),
    conv2d: (x, filter, { stride = 1, padding = 'same', groups = 1 } = {}) =>
      call('conv2d', [x, filter], {
        stride: [stride, stride],
        padding: sides(padding, [x.shape[1]!, x.shape[2]!], [filter.shape[0]!, filter.shape[1]!], stride),
        groups,
      }),
    maxPool: (x, { size, stride = size, padding = 0 }) =>
      call('maxPool', [x], {
        size: [size, size],
        stride: [stride, stride],
        padding: sides(padding, [x.shape[1]!, x.shape[2]!], [size, size], stride),
      }),
    bnStats: (x, epsilon) => call('bnStats', [x], { epsilon }),
    bnApply: (x, statistics, scale, offset, batchStatistics) =>
      call('bnApply', [x, statistics, scale, offset], { batchStatistics }),
    softmax: (x) => call('softmax', [x], {}),
    logSoftmax: (x) => call('logSoftmax', [x], {}),
    softmaxCrossEntropy: (logits, targets) => call('softmaxCrossEntropy', [logits, targets], {}),
    rankMask: (values, count) => call('rankMask', [values], { count }),
    allReduceMean: (x) => call('allReduceMean', [x], {}),
    gradients: (loss, of) => builder.gradients(loss, of),
    customGradient: (inputs, forward, rule) => builder.customGradient(inputs, forward, rule),
    assign: (name, value) => call('assign', [value], { name }),
    ema: (name, value, decay) => call('ema', [value, decay], { name }),
  };
}
