import { capsule } from './distance.ts';

/**
 * A square float image with the place of every pixel on the face: x to the right, y down, in head units (the head is
 * about two units high), the turned and tilted head taken into account.
 */
export interface Canvas {
  readonly size: number;
  /** Gray levels, about 0 to 255. */
  readonly pixels: Float64Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Signed distance of every pixel from the outline of the head, in head units; {@link outlineHead} fills it. */
  readonly head: Float64Array;
  view: View;
}

/** How the head stands before the camera. */
export interface View {
  /** Place of the middle of the head, in pixels. */
  readonly centreX: number;
  readonly centreY: number;
  /** Pixels to one head unit. */
  readonly scale: number;
  readonly cos: number;
  readonly sin: number;
  /** Turn to the side, about -1 to 1. */
  readonly yaw: number;
  /** Nod, about -1 to 1. */
  readonly pitch: number;
}

/** A rectangle in head units: left, top, right, bottom. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/**
 * Signed distance to a shape at a place of the face, in head units.
 *
 * @param head signed distance to the outline of the head there.
 */
export type Distance = (x: number, y: number, head: number) => number;

const straight: View = { centreX: 0, centreY: 0, scale: 1, cos: 1, sin: 0, yaw: 0, pitch: 0 };

/** An empty canvas; reuse it for many faces. */
export function createCanvas(size: number): Canvas {
  const area = size * size;
  return {
    size,
    pixels: new Float64Array(area),
    x: new Float64Array(area),
    y: new Float64Array(area),
    head: new Float64Array(area),
    view: straight,
  };
}

/** Points the canvas at a view: fills the places of its pixels. The pixels keep their values. */
export function pointCanvas(canvas: Canvas, view: View): void {
  canvas.view = view;
  const { size, x, y } = canvas;
  const { centreX, centreY, scale, cos, sin, yaw, pitch } = view;
  let k = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const dx = (column + 0.5 - centreX) / scale;
      const dy = (row + 0.5 - centreY) / scale;
      const u = cos * dx + sin * dy;
      const v = cos * dy - sin * dx;
      // A turned head moves what is near its middle line most: it stands out farthest from the axis.
      x[k] = u - 0.16 * yaw * Math.max(0, 1 - u * u);
      y[k] = v - 0.12 * pitch * Math.max(0, 1 - 0.8 * v * v);
      k++;
    }
  }
}

/** First and last row and column that a box can touch. */
function bounds(canvas: Canvas, [left, top, right, bottom]: Box): [number, number, number, number] {
  const { centreX, centreY, scale, cos, sin, yaw, pitch } = canvas.view;
  const l = beforeTurn(left, 0.16 * yaw, 1);
  const r = beforeTurn(right, 0.16 * yaw, 1);
  const t = beforeTurn(top, 0.12 * pitch, 0.8);
  const b = beforeTurn(bottom, 0.12 * pitch, 0.8);
  const midX = (l + r) / 2;
  const midY = (t + b) / 2;
  const halfX = (r - l) / 2 + 1.5 / scale;
  const halfY = (b - t) / 2 + 1.5 / scale;
  const x = centreX + scale * (cos * midX - sin * midY);
  const y = centreY + scale * (sin * midX + cos * midY);
  const reachX = scale * (Math.abs(cos) * halfX + Math.abs(sin) * halfY);
  const reachY = scale * (Math.abs(sin) * halfX + Math.abs(cos) * halfY);
  const last = canvas.size - 1;
  return [
    Math.max(0, Math.floor(y - reachY)),
    Math.min(last, Math.ceil(y + reachY)),
    Math.max(0, Math.floor(x - reachX)),
    Math.min(last, Math.ceil(x + reachX)),
  ];
}

/** Where a place of the face lies before the turn that {@link pointCanvas} applies: its inverse, to about 0.001. */
function beforeTurn(place: number, shift: number, curvature: number): number {
  let before = place;
  for (let step = 0; step < 4; step++) before = place + shift * Math.max(0, 1 - curvature * before * before);
  return before;
}

/**
 * Lays a gray level over the inside of a shape; its edge is anti-aliased by coverage.
 *
 * @param softness width of the edge in pixels.
 */
export function paint(canvas: Canvas, box: Box, distance: Distance, gray: number, opacity: number, softness = 1): void {
  if (!(opacity > 0)) return;
  const { size, pixels, x, y, head } = canvas;
  const edge = canvas.view.scale / softness;
  const [firstRow, lastRow, firstColumn, lastColumn] = bounds(canvas, box);
  for (let row = firstRow; row <= lastRow; row++) {
    for (let k = row * size + firstColumn; k <= row * size + lastColumn; k++) {
      const coverage = 0.5 - distance(x[k]!, y[k]!, head[k]!) * edge;
      if (coverage <= 0) continue;
      pixels[k]! += opacity * Math.min(1, coverage) * (gray - pixels[k]!);
    }
  }
}

/**
 * Multiplies a soft round patch: by `factor` in its middle, by 1 outside its half axes.
 *
 * @param factor below 1 darkens, above 1 lightens.
 */
export function shade(canvas: Canvas, cx: number, cy: number, w: number, h: number, factor: number): void {
  const { size, pixels, x, y } = canvas;
  const [firstRow, lastRow, firstColumn, lastColumn] = bounds(canvas, [cx - w, cy - h, cx + w, cy + h]);
  for (let row = firstRow; row <= lastRow; row++) {
    for (let k = row * size + firstColumn; k <= row * size + lastColumn; k++) {
      const u = (x[k]! - cx) / w;
      const v = (y[k]! - cy) / h;
      const inside = 1 - u * u - v * v;
      if (inside > 0) pixels[k]! *= 1 + (factor - 1) * inside * inside;
    }
  }
}

/**
 * A line of changing width through points.
 *
 * @param points x, y, x, y, …
 * @param startRadius half width at the first point.
 * @param endRadius half width at the last.
 */
export function stroke(
  canvas: Canvas,
  points: readonly number[],
  startRadius: number,
  endRadius: number,
  gray: number,
  opacity: number,
): void {
  if (!(opacity > 0)) return;
  const segments = points.length / 2 - 1;
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (let p = 0; p < points.length; p += 2) {
    left = Math.min(left, points[p]!);
    right = Math.max(right, points[p]!);
    top = Math.min(top, points[p + 1]!);
    bottom = Math.max(bottom, points[p + 1]!);
  }
  const reach = Math.max(startRadius, endRadius);
  const { size, pixels, x, y } = canvas;
  const [firstRow, lastRow, firstColumn, lastColumn] = bounds(canvas, [
    left - reach,
    top - reach,
    right + reach,
    bottom + reach,
  ]);
  for (let row = firstRow; row <= lastRow; row++) {
    for (let k = row * size + firstColumn; k <= row * size + lastColumn; k++) {
      let nearest = Infinity;
      for (let s = 0; s < segments; s++) {
        const radius = startRadius + ((endRadius - startRadius) * (s + 0.5)) / segments;
        const away =
          capsule(x[k]!, y[k]!, points[2 * s]!, points[2 * s + 1]!, points[2 * s + 2]!, points[2 * s + 3]!) - radius;
        if (away < nearest) nearest = away;
      }
      const coverage = 0.5 - nearest * canvas.view.scale;
      if (coverage > 0) pixels[k]! += opacity * Math.min(1, coverage) * (gray - pixels[k]!);
    }
  }
}

/** Points of a quadratic Bézier curve for {@link stroke}. */
export function curve(ax: number, ay: number, bx: number, by: number, cx: number, cy: number, segments = 5): number[] {
  const points: number[] = [];
  for (let s = 0; s <= segments; s++) {
    const t = s / segments;
    const u = 1 - t;
    points.push(u * u * ax + 2 * u * t * bx + t * t * cx, u * u * ay + 2 * u * t * by + t * t * cy);
  }
  return points;
}
