import type { Canvas } from '../canvas.ts';
import { curve, shade, stroke } from '../canvas.ts';
import type { FaceLook } from '../face.ts';

/** Both brows, the furrows between them and the lines that a raised brow draws on the forehead. */
export function drawBrows(canvas: Canvas, look: FaceLook): void {
  const { identity, units } = look;
  const base = identity.eyeLine - identity.browHeight;
  const inner = base + 0.02 - 0.15 * units.innerBrowRaise + 0.13 * units.browLower + 0.03 * units.noseWrinkle;
  const outer = base + 0.02 - 0.14 * units.outerBrowRaise + 0.01 * units.browLower;
  const middle =
    base -
    identity.browArch -
    0.07 * units.innerBrowRaise -
    0.11 * units.outerBrowRaise +
    0.075 * units.browLower +
    0.02 * units.noseWrinkle;
  const gather = 0.045 * Math.max(0, units.browLower);
  for (const side of [-1, 1]) {
    const lopsided = side * look.lopsided * 0.02;
    const tilt = identity.browTilt;
    const line = curve(
      side * (identity.eyeSpacing - 0.2 - gather),
      inner + tilt + lopsided,
      side * (identity.eyeSpacing + 0.02),
      2 * middle - (inner + outer) / 2 + lopsided,
      side * (identity.eyeSpacing + 0.24),
      outer - tilt + lopsided,
    );
    const thickness = identity.browThickness;
    stroke(canvas, line, thickness, thickness * 0.5, identity.brow, 0.92);
  }
  const lowered = Math.min(1, Math.max(0, units.browLower));
  if (lowered > 0.05) shade(canvas, 0, inner + 0.02, 0.16, 0.14, 1 - 0.25 * lowered);
  for (const side of [-1, 1]) {
    stroke(
      canvas,
      [side * 0.055, inner - 0.06, side * 0.045, inner + 0.07],
      0.016,
      0.01,
      identity.skin * 0.42,
      0.75 * lowered,
    );
  }
  const raisedOuter = Math.max(0, units.outerBrowRaise);
  const raisedInner = Math.max(0, units.innerBrowRaise);
  const lined = Math.min(1, 0.55 * raisedInner + 0.35 * raisedOuter) * (0.35 + 0.65 * identity.age);
  const reach = 0.16 + 0.26 * Math.min(1, raisedOuter);
  for (const row of [0.13, 0.21]) {
    const y = Math.min(inner, middle) - row;
    stroke(
      canvas,
      curve(-reach, y + 0.02, 0, y - 0.02, reach, y + 0.02, 4),
      0.011,
      0.011,
      identity.skin * 0.55,
      0.6 * lined,
    );
  }
}
