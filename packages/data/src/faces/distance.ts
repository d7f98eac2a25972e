/**
 * Signed distances from a point to a shape, negative inside, in the unit of the coordinates.
 *
 * @module
 */

/** Distance from the segment a-b; subtract a radius for a capsule. */
export function capsule(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax;
  const dy = by - ay;
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
  const px = x - ax - t * dx;
  const py = y - ay - t * dy;
  return Math.sqrt(px * px + py * py);
}

/** Distance from a box about the origin with half sides w and h and rounded corners. */
export function roundedBox(x: number, y: number, w: number, h: number, radius: number): number {
  const dx = Math.abs(x) - w + radius;
  const dy = Math.abs(y) - h + radius;
  const ox = Math.max(dx, 0);
  const oy = Math.max(dy, 0);
  return Math.sqrt(ox * ox + oy * oy) + Math.min(Math.max(dx, dy), 0) - radius;
}

/** Approximate distance from an ellipse about the origin with half axes w and h; exact on its edge. */
export function ellipse(x: number, y: number, w: number, h: number): number {
  const u = x / w;
  const v = y / h;
  const r = Math.sqrt(u * u + v * v);
  if (r < 1e-9) return -Math.min(w, h);
  const slope = Math.sqrt((u * u) / (w * w) + (v * v) / (h * h)) / r;
  return (r - 1) / slope;
}
