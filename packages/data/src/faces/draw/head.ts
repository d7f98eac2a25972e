import type { Canvas, Distance } from '../canvas.ts';
import { paint, shade } from '../canvas.ts';
import { ellipse } from '../distance.ts';
import type { FaceLook } from '../face.ts';

/** Fills `canvas.head` with the distances from the outline of the head: an oval above, a tapering jaw below. */
export function outlineHead(canvas: Canvas, look: FaceLook): void {
  const { identity, units } = look;
  const chin = identity.chin + 0.09 * units.jawDrop - 0.03 * units.chinRaise;
  for (let k = 0; k < canvas.head.length; k++) {
    const y = canvas.y[k]!;
    const v = y > 0 ? y / chin : y;
    const width = identity.headWidth * (y > 0 ? 1 - identity.jawTaper * v * v : 1);
    const u = canvas.x[k]! / width;
    const round = Math.sqrt(u * u + v * v);
    const square = Math.sqrt(Math.sqrt(u * u * u * u + v * v * v * v));
    canvas.head[k] = (round + identity.squareness * (square - round) - 1) * 0.8;
  }
}

/** Neck, shoulders and ears: what stands behind the head. */
export function drawBody(canvas: Canvas, look: FaceLook): void {
  const { identity } = look;
  paint(canvas, [-1.6, 0.9, 1.6, 2.5], (x, y) => ellipse(x, y - 1.9, 1.15, 0.75), look.clothes, 1, 1.5);
  paint(canvas, [-0.5, 0.4, 0.5, 1.5], (x, y) => Math.max(Math.abs(x) - 0.4, y - 1.3), identity.skin * 0.72, 1, 1.5);
  for (const side of [-1, 1]) {
    const ear = side * (identity.headWidth + 0.01);
    paint(
      canvas,
      [ear - 0.15, -0.25, ear + 0.15, 0.3],
      (x, y) => ellipse(x - ear, y - 0.03, 0.09, 0.19),
      identity.skin * 0.85,
      1,
    );
  }
}

/** Skin of the face with its hollows: eye sockets, cheeks, chin. */
export function drawHead(canvas: Canvas, look: FaceLook): void {
  const { identity, units } = look;
  paint(canvas, [-1, -1.1, 1, 1.25], (_x, _y, head) => head, identity.skin, 1, 1.3);
  for (const side of [-1, 1]) {
    const eye = side * identity.eyeSpacing;
    shade(canvas, eye, identity.eyeLine - 0.02, 0.28, 0.2, 0.82);
    const lift = Math.max(0, units.cheekRaise);
    shade(canvas, side * 0.42, 0.24 - 0.06 * lift, 0.26, 0.2, 1.07 + 0.12 * lift);
    if (lift > 0.05) shade(canvas, side * 0.4, 0.36, 0.24, 0.09, 1 - 0.16 * Math.min(1, lift));
  }
  const chinLine = identity.mouthLine + 0.24;
  shade(canvas, 0, chinLine - 0.06, 0.24, 0.07, 0.86 - 0.1 * Math.max(0, units.chinRaise));
  shade(canvas, 0, chinLine + 0.05, 0.2, 0.12, 1.06);
  if (identity.beard > 0) drawBeard(canvas, look);
}

function drawBeard(canvas: Canvas, look: FaceLook): void {
  const { identity } = look;
  const hollow = identity.headWidth * 0.82;
  const beard: Distance = (x, y, head) => Math.max(head, -ellipse(x, y - 0.1, hollow, 0.42), 0.1 - y);
  paint(canvas, [-1, 0.1, 1, 1.2], beard, identity.brow, identity.beard * 0.75, 2.5);
}
