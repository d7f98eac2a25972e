import { sizeOf } from '@selfcure/tensor';
import type { Node } from '@selfcure/tensor';
import { threads } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import type { Convolution } from './convolution.ts';

/**
 * Convolutions of any channels and groups, an element an invocation. Small ones can be merged with what stands around them.
 */
export function directForward(node: Node, { x, y, filter, stride, padding, groups }: Convolution): Step {
  const [, height, width, channels] = x;
  const [, outHeight, outWidth, outChannels] = y;
  const [high, wide, inner] = filter;
  const [input, weights] = node.inputs as readonly [Node, Node];
  return threads(node, [node], {
    threads: sizeOf(node.shape),
    trips: high * wide * inner,
    body: ({ at, set }) => `let o = i % ${outChannels}u;
let p = i32(i / ${outChannels}u);
let image = p / ${outHeight * outWidth};
let top = p / ${outWidth} % ${outHeight} * ${stride[0]} - ${padding[0]};
let left = p % ${outWidth} * ${stride[1]} - ${padding[2]};
let first = o / ${outChannels / groups}u * ${inner}u;
var sum = 0.0;
for (var ky = max(0, -top); ky < min(${high}, ${height} - top); ky++) {
for (var kx = max(0, -left); kx < min(${wide}, ${width} - left); kx++) {
let source = u32((image * ${height} + top + ky) * ${width} + left + kx) * ${channels}u + first;
let tap = u32(ky * ${wide} + kx) * ${inner}u;
for (var c = 0u; c < ${inner}u; c++) {
sum += ${at(input, 'source + c')} * ${at(weights, `(tap + c) * ${outChannels}u + o`)};
}
}
}
${set(node, 'i', 'sum')}`,
  });
}

/** As {@link directForward}, for the gradient of the input. */
export function directGradInput(node: Node, { x, y, filter, stride, padding, groups }: Convolution): Step {
  const [, height, width, channels] = x;
  const [, outHeight, outWidth, outChannels] = y;
  const [high, wide, inner] = filter;
  const [upstream, weights] = node.inputs as readonly [Node, Node];
  const perGroup = outChannels / groups;
  return threads(node, [node], {
    threads: sizeOf(node.shape),
    trips: high * wide * perGroup,
    body: ({ at, set }) => `let c = i % ${channels}u;
let p = i32(i / ${channels}u);
let image = p / ${height * width};
let bottom = p / ${width} % ${height} + ${padding[0]};
let right = p % ${width} + ${padding[2]};
let first = c / ${inner}u * ${perGroup}u;
var sum = 0.0;
for (var ky = bottom % ${stride[0]}; ky < min(${high}, bottom + 1); ky += ${stride[0]}) {
let row = (bottom - ky) / ${stride[0]};
if (row >= ${outHeight}) { continue; }
for (var kx = right % ${stride[1]}; kx < min(${wide}, right + 1); kx += ${stride[1]}) {
let column = (right - kx) / ${stride[1]};
if (column >= ${outWidth}) { continue; }
let source = u32((image * ${outHeight} + row) * ${outWidth} + column) * ${outChannels}u + first;
let tap = (u32(ky * ${wide} + kx) * ${inner}u + c % ${inner}u) * ${outChannels}u + first;
for (var o = 0u; o < ${perGroup}u; o++) { sum += ${at(upstream, 'source + o')} * ${at(weights, 'tap + o')}; }
}
}
${set(node, 'i', 'sum')}`,
  });
}

/**
 * As {@link directForward}, for the gradient of the filter.
 *
 * @param parts ranges of rows that are summed apart, into `result` [parts, filter].
 */
export function directGradFilter(
  node: Node,
  { x, y, filter, stride, padding, groups }: Convolution,
  { result, parts }: { result: Node; parts: number },
): Step {
  const [images, height, width, channels] = x;
  const [, outHeight, outWidth, outChannels] = y;
  const [, wide, inner] = filter;
  const [input, upstream] = node.inputs as readonly [Node, Node];
  const elements = sizeOf(filter);
  const share = Math.ceil((images * outHeight) / parts);
  return threads(node, [result], {
    threads: parts * elements,
    trips: share * outWidth,
    body: ({ at, set }) => `let part = i32(i / ${elements}u);
let e = i % ${elements}u;
let o = e % ${outChannels}u;
let c = o / ${outChannels / groups}u * ${inner}u + e / ${outChannels}u % ${inner}u;
let tap = i32(e / ${outChannels * inner}u);
let ky = tap / ${wide} - ${padding[0]};
let kx = tap % ${wide} - ${padding[2]};
var sum = 0.0;
for (var line = part * ${share}; line < min(${images * outHeight}, part * ${share} + ${share}); line++) {
let row = line % ${outHeight} * ${stride[0]} + ky;
if (row < 0 || row >= ${height}) { continue; }
var lineSum = 0.0;
for (var column = max(0, (${stride[1] - 1} - kx) / ${stride[1]}); column < ${outWidth}; column++) {
let source = column * ${stride[1]} + kx;
if (source >= ${width}) { break; }
lineSum += ${at(input, `u32((line / ${outHeight} * ${height} + row) * ${width} + source) * ${channels}u + c`)} * ${at(upstream, `u32(line * ${outWidth} + column) * ${outChannels}u + o`)};
}
sum += lineSum;
}
${set(result, 'i', 'sum')}`,
  });
}
