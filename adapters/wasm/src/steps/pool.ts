import { attributesOf } from '@selfcure/tensor';
import type { Node, PoolAttributes } from '@selfcure/tensor';
import { step } from '../plan/step.ts';
import type { StepBuilders } from './builder.ts';
import { shareOf } from './tasks.ts';

/** Of an element that a window looks at, forward and backward. */
const nanoseconds = { forward: 0.2, backward: 0.5 };

/** Words that describe the windows of a pooling from x to y. */
function windowsOf(x: Node, y: Node, { size, stride, padding }: PoolAttributes) {
  const [n, height, width, channels] = x.shape as [number, number, number, number];
  const [, outHeight, outWidth] = y.shape as [number, number, number, number];
  return {
    rows: n * outHeight,
    height,
    width,
    channels,
    outHeight,
    outWidth,
    windowHeight: size[0],
    windowWidth: size[1],
    strideY: stride[0],
    strideX: stride[1],
    top: padding[0],
    left: padding[2],
  };
}

type Windows = ReturnType<typeof windowsOf>;

/** Elements that the windows of a row look at. */
const lookedAt = ({ outWidth, windowHeight, windowWidth, channels }: Windows): number =>
  outWidth * windowHeight * windowWidth * channels;

/** Max pooling. */
export const poolSteps: StepBuilders = {
  maxPool: (node) => {
    const x = node.inputs[0]!;
    const windows = windowsOf(x, node, attributesOf<PoolAttributes>(node));
    const share = shareOf(windows.rows, lookedAt(windows) * nanoseconds.forward);
    return [
      step(
        'maxPool',
        { x, y: node, d: 0, dx: 0, share, ...windows },
        { tasks: Math.ceil(windows.rows / share), writes: [node] },
      ),
    ];
  },
  maxPoolGrad: (node) => {
    const [x, y, d] = node.inputs as readonly [Node, Node, Node];
    const windows = windowsOf(x, y, attributesOf<PoolAttributes>(node));
    const { rows, outHeight } = windows;
    const share = outHeight * shareOf(rows / outHeight, outHeight * lookedAt(windows) * nanoseconds.backward);
    return [
      step(
        'maxPoolGrad',
        { x, y, d, dx: node, share, ...windows },
        { tasks: Math.ceil(rows / share), writes: [node], scratchBytes: 4 * windows.channels + 12 },
      ),
    ];
  },
};
