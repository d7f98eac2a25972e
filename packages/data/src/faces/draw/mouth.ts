import type { Canvas } from '../canvas.ts';
import { paint, shade } from '../canvas.ts';
import type { FaceLook } from '../face.ts';

/**
 * The mouth. Two curves between the corners bound the opening; the lips lie outside them, teeth and dark inside. All
 * heights are functions of t, -1 at the left corner and 1 at the right.
 */
export function drawMouth(canvas: Canvas, look: FaceLook): void {
  const { identity, units } = look;
  const positive = (value: number): number => Math.max(0, value);
  const jaw = positive(units.jawDrop);
  const part = positive(units.lipsPart);
  const press = Math.min(1, positive(units.lipPress));
  const lift = positive(units.upperLipRaise);
  const half =
    identity.mouthWidth * (1 + 0.3 * units.lipStretch + 0.14 * positive(units.lipCorners)) +
    0.01 * positive(-units.lipCorners);
  const line =
    identity.mouthLine +
    0.06 * jaw -
    0.05 * lift -
    0.035 * positive(units.chinRaise) +
    0.04 * positive(units.lipCorners);
  const bend = identity.mouthCurve + 0.135 * units.lipCorners;
  const lopsided = 0.025 * look.lopsided;
  const openUp = 0.055 * part + 0.03 * jaw + 0.045 * lift;
  const openDown = 0.075 * part + 0.24 * jaw + 0.015 * lift;
  const roundness = Math.min(1, 0.25 + jaw + 0.4 * part);
  const thin = 1 - 0.75 * press - 0.2 * positive(units.lipStretch);
  const upperLip = identity.lipThickness * 0.8 * Math.max(0.15, thin) * (1 - 0.35 * lift);
  const lowerLip = identity.lipThickness * 1.15 * Math.max(0.15, thin) * (1 - 0.25 * positive(units.chinRaise));

  const middle = (t: number): number => line - bend * (t * t - 0.35) - lopsided * t;
  const bulge = (t: number): number => {
    const inside = positive(1 - t * t);
    return inside + roundness * (Math.sqrt(inside) - inside);
  };
  const upperInner = (t: number): number => middle(t) - openUp * bulge(t);
  const lowerInner = (t: number): number => middle(t) + openDown * bulge(t);
  const upperOuter = (t: number): number => {
    const bow = 1 - 0.25 * positive(1 - 25 * t * t);
    return upperInner(t) - (upperLip * bow + 0.012) * Math.sqrt(positive(1 - t * t));
  };
  const lowerOuter = (t: number): number => lowerInner(t) + (lowerLip + 0.012) * Math.sqrt(positive(1 - t * t));

  const box = [-half - 0.08, line - 0.45, half + 0.08, line + 0.6] as const;
  const between =
    (top: (t: number) => number, bottom: (t: number) => number) =>
    (x: number, y: number): number => {
      const t = x / half;
      return Math.max((top(t) - y) * 0.9, (y - bottom(t)) * 0.9, Math.abs(x) - half);
    };
  paint(canvas, box, between(upperOuter, lowerOuter), identity.skin * 0.66, 0.85);
  if (openUp + openDown > 0.02) {
    const opening = between(upperInner, lowerInner);
    paint(canvas, box, opening, 22, 0.95);
    // Upper teeth hang from the upper lip; parted lips without a dropped jaw show the lower ones too.
    const upperTeeth = 0.075 * Math.min(1, part + lift + 0.3 * jaw);
    const shown = Math.min(1, 1.4 * (part + 0.8 * lift));
    paint(
      canvas,
      box,
      (x, y) => Math.max(opening(x, y) + 0.012, (y - upperInner(x / half) - upperTeeth) * 0.9),
      225,
      0.92 * shown,
    );
    if (jaw < 0.5) {
      paint(
        canvas,
        box,
        (x, y) => Math.max(opening(x, y) + 0.012, (lowerInner(x / half) - y - 0.05) * 0.9),
        200,
        0.75 * shown * (1 - 2 * jaw) * Math.min(1, part),
      );
    } else {
      shade(canvas, 0, line + openDown * 0.8, half * 0.6, openDown * 0.4, 2.2);
    }
  } else {
    const seam = (x: number, y: number): number =>
      Math.max(Math.abs(y - middle(x / half)) * 0.9 - 0.016 - 0.008 * press, Math.abs(x) - half);
    paint(canvas, box, seam, identity.skin * 0.25, 0.9);
  }
  // The corners are small hollows, deeper when they are pulled.
  const pull = Math.min(1, Math.abs(units.lipCorners) + 0.5 * press);
  for (const side of [-1, 1]) shade(canvas, side * half, middle(side), 0.07, 0.06, 0.8 - 0.25 * pull);
  shade(canvas, 0, lowerOuter(0) + 0.04, half * 0.8, 0.05, 0.85);
  if (press > 0.1) shade(canvas, 0, line, half * 1.2, 0.12, 1 - 0.1 * press);
}
