import type { Node } from '@selfcure/tensor';
import type { Access } from '../plan/access.ts';
import { threads } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import type { Convolution } from './convolution.ts';

/** Pixels that an invocation computes. */
const tilePixels = 4;

/** Channels that it computes: eight or four. */
const channelTile = (channels: number): number => (channels % 8 === 0 ? 8 : 4);

/** Lines of text for 0 to `count` - 1. */
const each = (count: number, line: (k: number) => string): string =>
  Array.from({ length: count }, (_, k) => line(k)).join('\n');

/** Tiles of pixels by channels in registers; channels of the result by fours, those of the image as they are. */
export function tiledForward(node: Node, { x, y, filter, stride, padding }: Convolution): Step {
  const [input, weights] = node.inputs as readonly [Node, Node];
  const [, height, width, channels] = x;
  const [images, outHeight, outWidth, outChannels] = y;
  const pixels = images * outHeight * outWidth;
  const tile = channelTile(outChannels) / 4;
  const columns = outChannels / 4;
  const across = columns / tile;
  const byFours = channels % 4 === 0;
  // Channels of one turn: as many as there are, where they are few.
  const lanes = byFours ? 4 : channels < 4 ? channels : 1;
  return threads(node, [node], {
    threads: Math.ceil(pixels / tilePixels) * across,
    trips: filter[0] * filter[1] * channels * tile * tilePixels,
    body: ({ at, vector, setVector }) => `let o = i % ${across}u * ${tile}u;
let first = i / ${across}u * ${tilePixels}u;
${each(
  tilePixels,
  (k) => `let p${k} = i32(min(first + ${k}u, ${pixels - 1}u));
let image${k} = p${k} / ${outHeight * outWidth} * ${height};
let top${k} = p${k} / ${outWidth} % ${outHeight} * ${stride[0]} - ${padding[0]};
let left${k} = p${k} % ${outWidth} * ${stride[1]} - ${padding[2]};
${each(tile, (q) => `var sum${k}_${q} = vec4f(0.0);`)}`,
)}
for (var ky = 0; ky < ${filter[0]}; ky++) {
for (var kx = 0; kx < ${filter[1]}; kx++) {
${each(
  tilePixels,
  (k) => `let row${k} = top${k} + ky;
let column${k} = left${k} + kx;
let inside${k} = row${k} >= 0 && row${k} < ${height} && column${k} >= 0 && column${k} < ${width};
let source${k} = select(0u, u32((image${k} + row${k}) * ${width} + column${k}) * ${byFours ? channels / 4 : channels}u, inside${k});`,
)}
var tap = u32(ky * ${filter[1]} + kx) * ${channels * columns}u + o;
for (var c = 0u; c < ${channels / lanes}u; c++) {
${each(lanes, (l) => each(tile, (q) => `let w${l}_${q} = ${vector(weights, `tap + ${l * columns + q}u`)};`))}
${each(tilePixels, (k) =>
  byFours
    ? `let e${k} = select(vec4f(0.0), ${vector(input, `source${k} + c`)}, inside${k});
${each(tile, (q) => `sum${k}_${q} += e${k}.x * w0_${q} + e${k}.y * w1_${q} + e${k}.z * w2_${q} + e${k}.w * w3_${q};`)}`
    : each(
        lanes,
        (l) => `let e${k}_${l} = select(0.0, ${at(input, `source${k} + c + ${l}u`)}, inside${k});
${each(tile, (q) => `sum${k}_${q} += e${k}_${l} * w${l}_${q};`)}`,
      ),
)}
tap += ${lanes * columns}u;
}
}
}
${each(
  tilePixels,
  (k) =>
    `if (first + ${k}u < ${pixels}u) { ${each(tile, (q) => setVector(node, `(first + ${k}u) * ${columns}u + o + ${q}u`, `sum${k}_${q}`))} }`,
)}`,
  });
}

/** As {@link tiledForward}, for the gradient of the input: pixels of one phase of the strides share their taps. */
export function tiledGradInput(node: Node, { x, y, filter, stride, padding }: Convolution): Step {
  const [upstream, weights] = node.inputs as readonly [Node, Node];
  const [images, height, width, channels] = x;
  const [, outHeight, outWidth, outChannels] = y;
  const [sy, sx] = stride;
  const [rows, columns] = [Math.ceil(height / sy), Math.ceil(width / sx)];
  const pixels = images * rows * columns;
  const tiles = Math.ceil(pixels / tilePixels);
  const tile = channelTile(channels);
  const across = channels / tile;
  const inner = outChannels / 4;
  return threads(node, [node], {
    threads: sy * sx * tiles * across,
    trips: Math.ceil((filter[0] * filter[1]) / (sy * sx)) * outChannels * tile,
    body: ({ vector, setVector }) => `let c = i % ${across}u * ${tile}u;
let unit = i / ${across}u;
let phaseY = i32(unit / ${sx * tiles}u);
let phaseX = i32(unit / ${tiles}u % ${sx}u);
let first = unit % ${tiles}u * ${tilePixels}u;
${each(
  tilePixels,
  (k) => `let p${k} = i32(min(first + ${k}u, ${pixels - 1}u));
let image${k} = p${k} / ${rows * columns};
let y${k} = p${k} / ${columns} % ${rows} * ${sy} + phaseY;
let x${k} = p${k} % ${columns} * ${sx} + phaseX;
${each(tile, (q) => `var sum${k}_${q} = 0.0;`)}`,
)}
for (var ky = (phaseY + ${padding[0]}) % ${sy}; ky < ${filter[0]}; ky += ${sy}) {
for (var kx = (phaseX + ${padding[2]}) % ${sx}; kx < ${filter[1]}; kx += ${sx}) {
${each(
  tilePixels,
  (k) => `let down${k} = y${k} + ${padding[0]} - ky;
let right${k} = x${k} + ${padding[2]} - kx;
let row${k} = down${k} / ${sy};
let column${k} = right${k} / ${sx};
let inside${k} = down${k} >= 0 && row${k} < ${outHeight} && right${k} >= 0 && column${k} < ${outWidth};
let source${k} = select(0u, u32((image${k} * ${outHeight} + row${k}) * ${outWidth} + column${k}) * ${inner}u, inside${k});`,
)}
let tap = (u32(ky * ${filter[1]} + kx) * ${channels}u + c) * ${inner}u;
for (var o = 0u; o < ${inner}u; o++) {
${each(tile, (q) => `let w${q} = ${vector(weights, `tap + ${q * inner}u + o`)};`)}
${each(
  tilePixels,
  (k) => `let e${k} = select(vec4f(0.0), ${vector(upstream, `source${k} + o`)}, inside${k});
${each(tile, (q) => `sum${k}_${q} += dot(e${k}, w${q});`)}`,
)}
}
}
}
${each(
  tilePixels,
  (k) => `if (first + ${k}u < ${pixels}u && y${k} < ${height} && x${k} < ${width}) {
let to = (u32((image${k} * ${height} + y${k}) * ${width} + x${k}) * ${channels}u + c) / 4u;
${each(tile / 4, (q) => setVector(node, `to + ${q}u`, `vec4f(${[0, 1, 2, 3].map((l) => `sum${k}_${4 * q + l}`).join(', ')})`))}
}`,
)}`,
  });
}

/** Channels of the image that a tile of the filter has. */
const inputTile = (channels: number): number =>
  channels % 4 === 0 ? channelTile(channels) : channels < 4 ? channels : 1;

/** Tiles of a filter: see {@link tiledGradFilter}. */
export function filterTiles({ x, y, filter }: Convolution): number {
  return (filter[0] * filter[1] * x[3] * y[3]) / (inputTile(x[3]) * channelTile(y[3]));
}

/** As {@link tiledForward}, for the gradient of the filter; `parts` ranges of lines are summed apart. */
export function tiledGradFilter(
  node: Node,
  convolution: Convolution,
  { result, parts }: { result: Node; parts: number },
): Step {
  const { x, y, filter, stride, padding } = convolution;
  const [input, upstream] = node.inputs as readonly [Node, Node];
  const [images, height, width, channels] = x;
  const [, outHeight, outWidth, outChannels] = y;
  const [sy, sx] = stride;
  const [tileIn, tileOut] = [inputTile(channels), channelTile(outChannels) / 4];
  const byFours = channels % 4 === 0;
  const columns = outChannels / 4;
  const [acrossIn, acrossOut] = [channels / tileIn, columns / tileOut];
  const tiles = filterTiles(convolution);
  const lines = images * outHeight;
  const share = Math.ceil(lines / parts);
  const products = ({ at, vector }: Access): string => {
    const add = (c: number, value: string): string => each(tileOut, (q) => `line${c}_${q} += ${value} * d${q};`);
    if (!byFours) return each(tileIn, (c) => `let e${c} = ${at(input, `source + ${c}u`)};\n${add(c, `e${c}`)}`);
    return each(tileIn / 4, (k) => {
      const lanes = ['x', 'y', 'z', 'w'].map((lane, l) => add(4 * k + l, `e${k}.${lane}`)).join('\n');
      return `let e${k} = ${vector(input, `source + ${k}u`)};\n${lanes}`;
    });
  };
  const unit = byFours ? 4 : 1;
  return threads(node, [result], {
    threads: parts * tiles,
    trips: share * outWidth * tileIn * tileOut,
    body: (access) => `let o = i % ${acrossOut}u * ${tileOut}u;
let c = i / ${acrossOut}u % ${acrossIn}u * ${tileIn}u;
let tap = i / ${acrossOut * acrossIn}u % ${filter[0] * filter[1]}u;
let part = i32(i / ${tiles}u);
let ky = i32(tap / ${filter[1]}u) - ${padding[0]};
let kx = i32(tap % ${filter[1]}u) - ${padding[2]};
let begin = max(0, (${sx - 1} - kx) / ${sx});
let end = min(${outWidth}, (${width - 1 + sx} - kx) / ${sx});
${each(tileIn, (r) => each(tileOut, (q) => `var sum${r}_${q} = vec4f(0.0);`))}
for (var line = part * ${share}; line < min(${lines}, part * ${share} + ${share}); line++) {
let row = line % ${outHeight} * ${sy} + ky;
if (row < 0 || row >= ${height}) { continue; }
${each(tileIn, (r) => each(tileOut, (q) => `var line${r}_${q} = vec4f(0.0);`))}
for (var column = begin; column < end; column++) {
let source = (u32((line / ${outHeight} * ${height} + row) * ${width} + column * ${sx} + kx) * ${channels}u + c) / ${unit}u;
let at = u32(line * ${outWidth} + column) * ${columns}u + o;
${each(tileOut, (q) => `let d${q} = ${access.vector(upstream, `at + ${q}u`)};`)}
${products(access)}
}
${each(tileIn, (r) => each(tileOut, (q) => `sum${r}_${q} += line${r}_${q};`))}
}
let to = (u32(part) * ${filter[0] * filter[1]}u + tap) * ${channels * columns}u + c * ${columns}u + o;
${each(tileIn, (r) => each(tileOut, (q) => access.setVector(result, `to + ${r * columns + q}u`, `sum${r}_${q}`)))}`,
  });
}
