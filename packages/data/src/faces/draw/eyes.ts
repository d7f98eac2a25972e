import type { Canvas } from '../canvas.ts';
import { paint, shade, stroke } from '../canvas.ts';
import type { FaceLook } from '../face.ts';

/** Both eyes: white, iris, lids, the crease above and the fold below. */
export function drawEyes(canvas: Canvas, look: FaceLook): void {
  const { identity, units } = look;
  const closing = 1 - 0.3 * units.lidTighten - 0.25 * units.cheekRaise - 0.15 * units.noseWrinkle;
  const upper = Math.max(
    0.012,
    identity.eyeHeight *
      (1 + 0.75 * Math.max(0, units.lidRaise) + 0.75 * Math.min(0, units.lidRaise)) *
      (0.5 + 0.5 * closing),
  );
  const lower = Math.max(0.008, identity.eyeHeight * 0.7 * (1 + 0.3 * Math.max(0, units.lidRaise)) * closing);
  const width = identity.eyeWidth;
  for (const side of [-1, 1]) {
    const cx = side * identity.eyeSpacing;
    const cy = identity.eyeLine;
    const tilt = side * (identity.eyeTilt - 0.18 * Math.max(0, -units.outerBrowRaise));
    const top = (x: number): number => {
      const t = (x - cx) / width;
      return cy - tilt * (x - cx) - upper * (1 - t * t);
    };
    const bottom = (x: number): number => {
      const t = (x - cx) / width;
      return cy - tilt * (x - cx) + lower * (1 - t * t);
    };
    const box = [cx - width - 0.03, cy - 0.24, cx + width + 0.03, cy + 0.22] as const;
    const opening = (x: number, y: number): number =>
      Math.max(top(x) - y, y - bottom(x), Math.abs(x - cx) - width) * 0.85;
    paint(canvas, box, opening, Math.min(245, identity.skin * 0.35 + 170), 1);
    const irisX = cx + 0.05 * look.gazeX;
    const irisY = cy + 0.01 + 0.03 * look.gazeY;
    const iris = (x: number, y: number): number => {
      const dx = x - irisX;
      const dy = y - irisY;
      return Math.max(Math.sqrt(dx * dx + dy * dy) - 0.078, opening(x, y));
    };
    paint(canvas, box, iris, identity.iris, 1);
    paint(canvas, box, (x, y) => iris(x, y) + 0.035, 12, 0.9);
    // Lids: a dark upper edge, a faint lower one, a crease that a raised lid hides.
    const lid = (x: number, y: number): number =>
      Math.max(Math.abs(y - top(x)) * 0.85 - 0.022, Math.abs(x - cx) - width - 0.01);
    paint(canvas, box, lid, identity.skin * 0.2, 0.95);
    const lowerLid = (x: number, y: number): number =>
      Math.max(Math.abs(y - bottom(x)) * 0.85 - 0.012, Math.abs(x - cx) - width);
    paint(canvas, box, lowerLid, identity.skin * 0.4, 0.5 + 0.35 * Math.min(1, Math.max(0, units.lidTighten)));
    const crease = (x: number, y: number): number =>
      Math.max(Math.abs(y - top(x) + 0.045 + 0.02 * units.lidRaise) * 0.85 - 0.008, Math.abs(x - cx) - width);
    paint(canvas, box, crease, identity.skin * 0.5, 0.35);
    const fold = Math.max(0, 0.6 * units.cheekRaise + 0.4 * units.lidTighten);
    if (fold > 0.05) shade(canvas, cx, cy + lower + 0.06, width * 1.2, 0.06, 1 - 0.3 * Math.min(1, fold));
    const crow = Math.max(0, units.cheekRaise) * (0.4 + 0.6 * identity.age);
    const corner = cx + side * (width + 0.04);
    stroke(
      canvas,
      [corner, cy - 0.02, corner + side * 0.1, cy - 0.06],
      0.012,
      0.006,
      identity.skin * 0.5,
      0.55 * Math.min(1, crow),
    );
    stroke(
      canvas,
      [corner, cy + 0.03, corner + side * 0.1, cy + 0.05],
      0.012,
      0.006,
      identity.skin * 0.5,
      0.55 * Math.min(1, crow),
    );
  }
}
