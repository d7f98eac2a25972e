import { attributesOf, sizeOf } from '@selfcure/tensor';
import type { Node, Shape } from '@selfcure/tensor';
import { bool, float, text } from '../plan/attributes.ts';
import type { Value } from '../plan/operation.ts';
import type { Emitter } from '../plan/emitter.ts';
import type { Builder, Step } from './builder.ts';

/** Running averages that a normalization moves by itself. */
export interface RunningAverages {
  readonly mean: { readonly name: string; readonly effect: Node };
  readonly variance: { readonly name: string; readonly effect: Node };
  /** Share that the averages keep. */
  readonly kept: number;
}

/** A normalization by the statistics of its own batch, and everything that it is made of. */
export interface Normalization {
  readonly stats: Node;
  readonly apply: Node;
  readonly running: RunningAverages | null;
}

/** What the gradient of a normalization needs of its forward pass. */
export interface Saved {
  reserved: readonly Value[];
  mean: Value;
  variance: Value;
}

/** Images as the fused kernels take them: [N, height, width, C]. */
const asImages = ({ shape }: Node): Shape =>
  shape.length === 4 ? shape : [sizeOf(shape.slice(0, -1)), 1, 1, shape.at(-1)!];
const channelsOf = (node: Node): Shape => [node.shape.at(-1)!];

const attributesFor = (epsilon: number, training: boolean) => [
  float('epsilon', epsilon),
  text('data_format', 'NHWC'),
  bool('is_training', training),
];

/** Rows of `bnStats` from mean and unbiased variance, which is what TensorFlow gives. */
function defineStatistics(e: Emitter, stats: Node, mean: Value, unbiased: Value): void {
  const shape = channelsOf(stats);
  const { epsilon } = attributesOf<{ epsilon: number }>(stats);
  const count = sizeOf(stats.inputs[0]!.shape) / shape[0]!;
  const variance = (): Value =>
    count > 1 ? e.apply('Mul', [unbiased, e.scalar((count - 1) / count)], { shape }) : unbiased;
  defineRows(e, stats, mean, variance, epsilon);
}

function defineRows(e: Emitter, stats: Node, mean: Value, variance: () => Value, epsilon: number): void {
  const shape = channelsOf(stats);
  let known: Value | undefined;
  const once = (): Value => (known ??= variance());
  const deviation = (): Value =>
    e.apply('Rsqrt', [e.apply('AddV2', [once(), e.scalar(epsilon)], { shape })], { shape });
  e.defineRows(stats, [() => mean, once, deviation]);
}

/** Forward pass: normalization, statistics, running averages in one operation. */
export function normalizeStep({ stats, apply, running }: Normalization, saved: Saved): Step {
  return {
    node: apply,
    emit: (e) => {
      const [input, , scale, offset] = apply.inputs as readonly [Node, Node, Node, Node];
      const { epsilon } = attributesOf<{ epsilon: number }>(stats);
      const channels = channelsOf(apply);
      const images = asImages(apply);
      const x = e.reshape(e.native(input), images);
      const averages = running
        ? [e.current(running.mean.name, channels), e.current(running.variance.name, channels)]
        : [e.full(0, channels), e.full(0, channels)];
      const perChannel = { shape: channels };
      const [y, mean, variance, ...reserved] = e.applyMany(
        'FusedBatchNormV3',
        [x, e.value(scale), e.value(offset), ...averages],
        [{ shape: images, dtype: e.typeOf(x) }, perChannel, perChannel, perChannel, perChannel, { shape: [0] }],
        [...attributesFor(epsilon, true), float('exponential_avg_factor', running ? 1 - running.kept : 1)],
      ) as [Value, Value, Value, ...Value[]];
      e.define(apply, e.reshape(y, apply.shape));
      Object.assign(saved, { reserved, mean, variance });
      if (!running) defineStatistics(e, stats, mean, variance);
    },
  };
}

/** A running average that the forward pass has moved. */
export function averageStep(effect: Node, name: string, value: () => Value): Step {
  return { node: effect, emit: (e) => e.assign(name, value()) };
}

/** Backward pass: the gradients for input, scale and offset in one operation. `input` is absent where nothing needs it. */
export function gradientStep(
  { stats, apply }: Normalization,
  { sums, input }: { readonly sums: Node; readonly input: Node | undefined },
  saved: Saved,
): Step {
  return {
    node: sums,
    emit: (e) => {
      const [x, upstream] = sums.inputs as readonly [Node, Node];
      const { epsilon } = attributesOf<{ epsilon: number }>(stats);
      const images = asImages(apply);
      const channels = { shape: channelsOf(apply) };
      const value = e.reshape(e.native(x), images);
      const d = e.reshape(e.cast(e.native(upstream), e.typeOf(value)), images);
      const [dx, scale, offset] = e.applyMany(
        'FusedBatchNormGradV3',
        [d, value, e.value(apply.inputs[2]!), ...saved.reserved],
        [{ shape: images, dtype: e.typeOf(value) }, channels, channels, { shape: [0] }, { shape: [0] }],
        attributesFor(epsilon, true),
      ) as [Value, Value, Value];
      if (input) e.define(input, e.reshape(dx, input.shape));
      e.defineRows(sums, [() => offset, () => scale]);
    },
  };
}

const axesOf = (node: Node): number[] => node.shape.slice(0, -1).map((_, axis) => axis);

/** (x - mean) / deviation of every channel. */
const normalized = (e: Emitter, x: Node, stats: Node): Value => {
  const centred = e.apply('Sub', [e.value(x), e.row(stats, 0)], { shape: x.shape });
  return e.apply('Mul', [centred, e.row(stats, 2)], { shape: x.shape });
};
const sumOf = (e: Emitter, value: Value, node: Node): Value =>
  e.apply('Sum', [value, e.ints(axesOf(node))], { shape: channelsOf(node) });

/** The parts of batch normalization where they stand alone. */
export const batchNormBuilders: Readonly<Record<string, Builder>> = {
  bnStats: (node, e) => {
    const [x] = node.inputs as readonly [Node];
    const { epsilon } = attributesOf<{ epsilon: number }>(node);
    const shape = channelsOf(node);
    const value = e.value(x);
    const mean = e.apply('Mean', [value, e.ints(axesOf(x))], { shape });
    const variance = (): Value => {
      const squares = e.apply('SquaredDifference', [value, mean], { shape: x.shape });
      return e.apply('Mean', [squares, e.ints(axesOf(x))], { shape });
    };
    defineRows(e, node, mean, variance, epsilon);
  },
  bnApply: (node, e) => {
    const [x, stats, scale, offset] = node.inputs as readonly [Node, Node, Node, Node];
    // 1 / deviation^2 is the variance with its epsilon, so that the kernel needs none.
    const shape = channelsOf(node);
    const squared = e.apply('Square', [e.row(stats, 2)], { shape });
    const variance = e.apply('Reciprocal', [squared], { shape });
    const value = e.reshape(e.native(x), asImages(node));
    const perChannel = { shape };
    const [y] = e.applyMany(
      'FusedBatchNormV3',
      [value, e.value(scale), e.value(offset), e.row(stats, 0), variance],
      [
        { shape: asImages(node), dtype: e.typeOf(value) },
        perChannel,
        perChannel,
        perChannel,
        perChannel,
        { shape: [0] },
      ],
      attributesFor(0, false),
    );
    e.define(node, e.reshape(y!, node.shape));
  },
  bnGradReduce: (node, e) => {
    const [x, upstream, stats] = node.inputs as readonly [Node, Node, Node];
    const d = e.value(upstream);
    const product = (): Value => e.apply('Mul', [d, normalized(e, x, stats)], { shape: x.shape });
    e.defineRows(node, [() => sumOf(e, d, x), () => sumOf(e, product(), x)]);
  },
  bnGradInput: (node, e) => {
    const [x, upstream, stats, scale, sums] = node.inputs as readonly [Node, Node, Node, Node, Node];
    const { shape } = node;
    const channels = channelsOf(node);
    const part = e.scalar(channels[0]! / sizeOf(shape));
    const mean = (index: number): Value => e.apply('Mul', [e.row(sums, index), part], { shape: channels });
    const along = e.apply('Mul', [normalized(e, x, stats), mean(1)], { shape });
    const centred = e.apply('Sub', [e.apply('Sub', [e.value(upstream), mean(0)], { shape }), along], { shape });
    const factor = e.apply('Mul', [e.value(scale), e.row(stats, 2)], { shape: channels });
    e.define(node, e.apply('Mul', [centred, factor], { shape }));
  },
};
