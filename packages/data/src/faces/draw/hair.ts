import type { Canvas } from '../canvas.ts';
import { paint } from '../canvas.ts';
import { ellipse } from '../distance.ts';
import type { FaceLook } from '../face.ts';

/** Hair that falls behind the head. */
export function drawHairBehind(canvas: Canvas, look: FaceLook): void {
  const { identity } = look;
  if (identity.hairStyle === 'long') {
    paint(
      canvas,
      [-1.2, -1.3, 1.2, 1.3],
      (x, y) => ellipse(x, y - 0.05, identity.headWidth + 0.22, 1.2),
      identity.hair,
      1,
      1.5,
    );
  } else if (identity.hairStyle !== 'bald') {
    paint(canvas, [-1.1, -1.3, 1.1, 0.2], (_x, y, head) => Math.max(head - 0.1, y - 0.05), identity.hair, 1, 1.5);
  }
}

/** Hair over the forehead. */
export function drawHairBefore(canvas: Canvas, look: FaceLook): void {
  const { identity } = look;
  if (identity.hairStyle === 'bald') return;
  const line = (x: number): number => {
    switch (identity.hairStyle) {
      case 'fringe':
        return identity.hairline + 0.16 - 0.08 * x * x;
      case 'parted':
        return identity.hairline - 0.1 + 0.7 * Math.abs(x + 0.2) * Math.abs(x + 0.2);
      case 'long':
        return identity.hairline + 1.1 * x * x;
      default:
        return identity.hairline + 0.45 * x * x;
    }
  };
  paint(canvas, [-1, -1.2, 1, 0.3], (x, y, head) => Math.max(head - 0.06, (y - line(x)) * 0.8), identity.hair, 1, 1.6);
}
