import type { Shape } from './graph.ts';

/**
 * Number of elements of a shape.
 *
 * @example sizeOf([32, 7]); // 224
 */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/**
 * Whether two shapes are the same.
 *
 * @example sameShape([32, 7], [32, 1]); // false
 */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/**
 * Shape that two shapes broadcast to by NumPy's rule, or null where they do not fit.
 *
 * @example broadcastShapes([32, 1], [7]); // [32, 7]
 */
export function broadcastShapes(a: Shape, b: Shape): Shape | null {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const m = a[a.length - rank + axis] ?? 1;
    const n = b[b.length - rank + axis] ?? 1;
    if (m !== n && m !== 1 && n !== 1) return null;
    shape.push(m === 1 ? n : m);
  }
  return shape;
}

/**
 * Elements between neighbours along each axis, row-major.
 *
 * @example stridesOf([8, 6, 3]); // [18, 3, 1]
 */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/**
 * A shape as text.
 *
 * @example formatShape([32, 7]); // '[32, 7]'
 */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}
