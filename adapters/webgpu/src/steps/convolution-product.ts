import { sizeOf } from '@selfcure/tensor';
import type { Node } from '@selfcure/tensor';
import type { Convolution } from './convolution.ts';
import { matrix, storeRows } from './product.ts';
import type { Product } from './product.ts';

/** Row and column of a tap of the filter, as texts. */
const tapOf = (tap: string, [high, wide]: Convolution['filter']): { ky: string; kx: string } =>
  high * wide === 1 ? { ky: '0', kx: '0' } : { ky: `i32(${tap} / ${wide}u)`, kx: `i32(${tap} % ${wide}u)` };

/** y[pixel, o] = sum over (tap, c) of x[pixel at tap, c] * filter[tap, c, o]. */
export function forwardProduct(node: Node, { x, y, filter, stride, padding }: Convolution): Product {
  const [input, weights] = node.inputs as readonly [Node, Node];
  const [, height, width, channels] = x;
  const [images, outHeight, outWidth, outChannels] = y;
  const terms = filter[0] * filter[1] * channels;
  const byFours = channels % 4 === 0;
  const { ky, kx } = tapOf('tap', filter);
  return {
    rows: images * outHeight * outWidth,
    columns: outChannels,
    terms,
    phases: 1,
    elements: sizeOf(node.shape),
    code: (access) => ({
      start: '',
      terms: `${terms}u`,
      a: {
        along: 'sum',
        byFours,
        start: (reader) => `let pixel${reader} = i32(at${reader});
let image${reader} = pixel${reader} / ${outHeight * outWidth} * ${height};
let first${reader} = pixel${reader} / ${outWidth} % ${outHeight} * ${stride[0]} - ${padding[0]};
let begin${reader} = pixel${reader} % ${outWidth} * ${stride[1]} - ${padding[2]};`,
        read: (reader, k, target) => {
          const index = `u32((image${reader} + row) * ${width} + column) * ${channels}u + ${k} % ${channels}u`;
          return `let tap = ${k} / ${channels}u;
let row = first${reader} + ${ky};
let column = begin${reader} + ${kx};
if (row >= 0 && row < ${height} && column >= 0 && column < ${width}) {
${target} = ${byFours ? access.vector(input, `(${index}) / 4u`) : access.at(input, index)};
}`;
        },
      },
      b: matrix(access, weights, { along: 'result', length: outChannels, byFours: true }),
      store: storeRows(access, outChannels),
    }),
  };
}

/**
 * x[pixel, c] = sum over (tap, o) of y[pixel at tap, o] * filter[tap, c, o]. Pixels of one phase of the strides share their taps; phases
 * are products beside each other.
 */
export function gradInputProduct(node: Node, { x, y, filter, stride, padding }: Convolution): Product {
  const [upstream, weights] = node.inputs as readonly [Node, Node];
  const [images, height, width, channels] = x;
  const [, outHeight, outWidth, outChannels] = y;
  const [high, wide] = filter;
  const [sy, sx] = stride;
  const [rows, columns] = [Math.ceil(height / sy), Math.ceil(width / sx)];
  /** Taps of a phase from `first` on. */
  const taps = (first: string, size: number, step: number): string =>
    step === 1 ? `${size}u` : `(max(${size + step - 1}u, ${first}) - ${first}) / ${step}u`;
  return {
    rows: images * rows * columns,
    columns: channels,
    terms: Math.ceil(high / sy) * Math.ceil(wide / sx) * outChannels,
    phases: sy * sx,
    elements: sizeOf(node.shape),
    code: ({ vector, setVector }) => ({
      start: `let phaseY = phase / ${sx}u;
let phaseX = phase % ${sx}u;
let firstY = (phaseY + ${padding[0]}u) % ${sy}u;
let firstX = (phaseX + ${padding[2]}u) % ${sx}u;
let tapsY = ${taps('firstY', high, sy)};
let tapsX = ${taps('firstX', wide, sx)};`,
      terms: `tapsY * tapsX * ${outChannels}u`,
      a: {
        along: 'sum',
        byFours: true,
        start: (reader) => `let pixel${reader} = at${reader};
let image${reader} = i32(pixel${reader} / ${rows * columns}u) * ${outHeight};
let bottom${reader} = i32((pixel${reader} / ${columns}u % ${rows}u * ${sy}u + phaseY + ${padding[0]}u - firstY) / ${sy}u);
let right${reader} = i32((pixel${reader} % ${columns}u * ${sx}u + phaseX + ${padding[2]}u - firstX) / ${sx}u);`,
        read: (reader, k, target) => `let tap = ${k} / ${outChannels}u;
let row = bottom${reader} - i32(tap / tapsX);
let column = right${reader} - i32(tap % tapsX);
if (row >= 0 && row < ${outHeight} && column >= 0 && column < ${outWidth}) {
${target} = ${vector(upstream, `(u32((image${reader} + row) * ${outWidth} + column) * ${outChannels}u + ${k} % ${outChannels}u) / 4u`)};
}`,
      },
      b: {
        along: 'sum',
        byFours: true,
        start: () => '',
        read: (reader, k, target) => `let tap = ${k} / ${outChannels}u;
let ky = firstY + tap / tapsX * ${sy}u;
let kx = firstX + tap % tapsX * ${sx}u;
${target} = ${vector(weights, `(((ky * ${wide}u + kx) * ${channels}u + at${reader}) * ${outChannels}u + ${k} % ${outChannels}u) / 4u`)};`,
      },
      store: (result, offset, row, column, value) => `let image = ${row} / ${rows * columns}u;
let y = ${row} / ${columns}u % ${rows}u * ${sy}u + phaseY;
let x = ${row} % ${columns}u * ${sx}u + phaseX;
if (y < ${height}u && x < ${width}u) {
${setVector(result, `(${offset} + ((image * ${height}u + y) * ${width}u + x) * ${channels}u + ${column}) / 4u`, value)}
}`,
    }),
  };
}

/** filter[tap, c, o] = sum over pixels of x[pixel at tap, c] * y[pixel, o]. */
export function gradFilterProduct(node: Node, { x, y, filter, stride, padding }: Convolution): Product {
  const [input, upstream] = node.inputs as readonly [Node, Node];
  const [, height, width, channels] = x;
  const [images, outHeight, outWidth, outChannels] = y;
  const terms = images * outHeight * outWidth;
  const byFours = channels % 4 === 0;
  return {
    rows: filter[0] * filter[1] * channels,
    columns: outChannels,
    terms,
    phases: 1,
    elements: sizeOf(node.shape),
    code: (access) => ({
      start: '',
      terms: `${terms}u`,
      a: {
        along: 'result',
        byFours,
        start: (reader) => {
          const { ky, kx } = tapOf(`tap${reader}`, filter);
          return `let tap${reader} = at${reader} / ${channels}u;
let channel${reader} = at${reader} % ${channels}u;
let ky${reader} = ${ky} - ${padding[0]};
let kx${reader} = ${kx} - ${padding[2]};`;
        },
        read: (reader, k, target) => {
          const index = `u32((pixel / ${outHeight * outWidth} * ${height} + row) * ${width} + column) * ${channels}u + channel${reader}`;
          return `let pixel = i32(${k});
let row = pixel / ${outWidth} % ${outHeight} * ${stride[0]} + ky${reader};
let column = pixel % ${outWidth} * ${stride[1]} + kx${reader};
if (row >= 0 && row < ${height} && column >= 0 && column < ${width}) {
${target} = ${byFours ? access.vector(input, `(${index}) / 4u`) : access.at(input, index)};
}`;
        },
      },
      b: matrix(access, upstream, { along: 'result', length: outChannels, byFours: true }),
      store: storeRows(access, outChannels),
    }),
  };
}
