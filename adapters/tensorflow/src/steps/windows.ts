import type { OpAttribute } from '../native/binding.ts';
import { int, text } from '../plan/attributes.ts';

/** Zeros around images: top, bottom, left, right. */
export type Margins = readonly [number, number, number, number];

/** How a window slides over images. */
export interface Window {
  readonly size: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Margins;
}

/** Zeros that TensorFlow puts around an axis for the padding SAME. */
function samePadding(length: number, size: number, stride: number): readonly [number, number] {
  const count = Math.ceil(length / stride);
  const total = Math.max(0, (count - 1) * stride + size - length);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

/** TensorFlow's name for the padding of a window over images [N, height, width, C]; null where it has none. */
export function namedPadding({ size, stride, padding }: Window, image: readonly number[]): 'VALID' | 'SAME' | null {
  if (padding.every((count) => count === 0)) return 'VALID';
  const [top, bottom, left, right] = padding;
  const vertical = samePadding(image[1]!, size[0], stride[0]);
  const horizontal = samePadding(image[2]!, size[1], stride[1]);
  const isSame = vertical[0] === top && vertical[1] === bottom && horizontal[0] === left && horizontal[1] === right;
  return isSame ? 'SAME' : null;
}

/** Attributes of a window over images [N, height, width, C]; the padding by name where it has one, since every kernel knows those. */
export function windowAttributes(window: Window, image: readonly number[]): OpAttribute[] {
  const [top, bottom, left, right] = window.padding;
  const named = namedPadding(window, image);
  return [
    int('strides', [1, ...window.stride, 1]),
    text('data_format', 'NHWC'),
    text('padding', named ?? 'EXPLICIT'),
    ...(named ? [] : [int('explicit_paddings', [0, 0, top, bottom, left, right, 0, 0])]),
  ];
}

/** The same padding without rows and columns at the end that no window reaches. */
export function reachedPadding({ size, stride, padding }: Window, image: readonly number[]): Margins {
  const reached = (length: number, axis: 0 | 1, before: number, after: number): number => {
    const rest = (length + before + after - size[axis]) % stride[axis];
    return Math.max(0, after - rest);
  };
  const [top, bottom, left, right] = padding;
  return [top, reached(image[1]!, 0, top, bottom), left, reached(image[2]!, 1, left, right)];
}
