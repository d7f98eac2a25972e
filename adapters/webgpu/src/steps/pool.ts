import { attributesOf, sizeOf } from '@selfcure/tensor';
import type { Node, PoolAttributes } from '@selfcure/tensor';
import { isAligned } from '../plan/access.ts';
import { threads } from '../plan/step.ts';
import type { Step } from '../plan/step.ts';
import { smallElements } from './builder.ts';
import type { StepBuilders } from './builder.ts';

/** Geometry of a pooling from x to y, channels as columns of one or of four. */
function windowsOf(node: Node, x: Node, y: Node, values: readonly Node[]) {
  const [, height, width, channels] = x.shape as [number, number, number, number];
  const [, outHeight, outWidth] = y.shape as [number, number, number, number];
  const byFours = channels % 4 === 0 && sizeOf(node.shape) > smallElements && values.every(isAligned);
  const lanes = byFours ? 4 : 1;
  const { size, stride, padding } = attributesOf<PoolAttributes>(node);
  return {
    byFours,
    elements: sizeOf(node.shape) / lanes,
    columns: channels / lanes,
    type: byFours ? 'vec4f' : 'f32',
    height,
    width,
    outHeight,
    outWidth,
    size,
    stride,
    top: padding[0],
    left: padding[2],
  };
}

function maxPool(node: Node): Step {
  const x = node.inputs[0]!;
  const w = windowsOf(node, x, node, [x]);
  return threads(node, [node], {
    threads: w.elements,
    trips: w.size[0] * w.size[1],
    body: (access) => {
      const read = w.byFours ? access.vector : access.at;
      const at = (row: string, column: string): string =>
        read(x, `u32((image * ${w.height} + ${row}) * ${w.width} + ${column}) * ${w.columns}u + c`);
      return `let c = i % ${w.columns}u;
let p = i32(i / ${w.columns}u);
let image = p / ${w.outHeight * w.outWidth};
let top = p / ${w.outWidth} % ${w.outHeight} * ${w.stride[0]} - ${w.top};
let left = p % ${w.outWidth} * ${w.stride[1]} - ${w.left};
var best = ${at('max(top, 0)', 'max(left, 0)')};
for (var row = max(top, 0); row < min(top + ${w.size[0]}, ${w.height}); row++) {
for (var column = max(left, 0); column < min(left + ${w.size[1]}, ${w.width}); column++) {
let value = ${at('row', 'column')};
best = select(best, value, value > best);
}
}
${(w.byFours ? access.setVector : access.set)(node, 'i', 'best')}`;
    },
  });
}

/** Every element asks the windows that it lies in whether it is their first maximum. */
function maxPoolGrad(node: Node): Step {
  const [x, y, d] = node.inputs as readonly [Node, Node, Node];
  const w = windowsOf(node, x, y, [x, y, d]);
  // Windows from the first to the last that hold a position.
  const first = (position: string, size: number, stride: number, before: number): string =>
    `max(0, (${position} + ${before - size + stride}) / ${stride})`;
  const last = (position: string, stride: number, before: number, count: number): string =>
    `min(${count - 1}, (${position} + ${before}) / ${stride})`;
  return threads(node, [node], {
    threads: w.elements,
    trips: w.size[0] * w.size[1] * 4,
    body: (access) => {
      const read = w.byFours ? access.vector : access.at;
      const all = w.byFours ? 'vec4<bool>' : 'bool';
      return `let c = i % ${w.columns}u;
let p = i32(i / ${w.columns}u);
let image = p / ${w.height * w.width};
let h = p / ${w.width} % ${w.height};
let v = p % ${w.width};
let own = ${read(x, 'i')};
var sum = ${w.type}(0.0);
for (var oy = ${first('h', w.size[0], w.stride[0], w.top)}; oy <= ${last('h', w.stride[0], w.top, w.outHeight)}; oy++) {
for (var ox = ${first('v', w.size[1], w.stride[1], w.left)}; ox <= ${last('v', w.stride[1], w.left, w.outWidth)}; ox++) {
let at = u32((image * ${w.outHeight} + oy) * ${w.outWidth} + ox) * ${w.columns}u + c;
var wins = ${read(y, 'at')} == own;
let left = max(ox * ${w.stride[1]} - ${w.left}, 0);
let right = min(ox * ${w.stride[1]} - ${w.left} + ${w.size[1]}, ${w.width});
for (var row = max(oy * ${w.stride[0]} - ${w.top}, 0); row <= h; row++) {
for (var column = left; column < select(right, v, row == h); column++) {
wins = wins & (${read(x, `u32((image * ${w.height} + row) * ${w.width} + column) * ${w.columns}u + c`)} != own);
}
}
sum += select(${w.type}(0.0), ${read(d, 'at')}, ${all}(wins));
}
}
${(w.byFours ? access.setVector : access.set)(node, 'i', 'sum')}`;
    },
  });
}

/** Max pooling. */
export const poolSteps: StepBuilders = {
  maxPool: (node) => [maxPool(node)],
  maxPoolGrad: (node) => [maxPoolGrad(node)],
};
