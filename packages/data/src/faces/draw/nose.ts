import type { Canvas } from '../canvas.ts';
import { curve, paint, shade, stroke } from '../canvas.ts';
import { ellipse } from '../distance.ts';
import type { FaceLook } from '../face.ts';

/** The nose, its wrinkles and the folds from its wings to the corners of the mouth. */
export function drawNose(canvas: Canvas, look: FaceLook): void {
  const { identity, units } = look;
  const wrinkle = Math.min(1, Math.max(0, units.noseWrinkle));
  const tip = identity.eyeLine + identity.noseLength - 0.05 * wrinkle;
  const width = identity.noseWidth * (1 + 0.25 * wrinkle + 0.08 * Math.max(0, units.lipCorners));
  const shadowSide = look.lightX > 0 ? -1 : 1;
  stroke(
    canvas,
    curve(
      shadowSide * 0.07,
      identity.eyeLine - 0.02,
      shadowSide * 0.06,
      tip - 0.1,
      shadowSide * width * 0.9,
      tip - 0.01,
      4,
    ),
    0.016,
    0.022,
    identity.skin * 0.6,
    0.5,
  );
  shade(canvas, 0, (identity.eyeLine + tip) / 2, 0.07, 0.2, 1.1);
  shade(canvas, 0, tip + 0.06, width * 1.3, 0.08, 0.75);
  for (const side of [-1, 1]) {
    const wing = side * width * 0.55;
    paint(
      canvas,
      [wing - 0.1, tip - 0.05, wing + 0.1, tip + 0.1],
      (x, y) => ellipse(x - wing, y - tip - 0.02, 0.045, 0.025),
      identity.skin * 0.25,
      0.85,
    );
    stroke(
      canvas,
      curve(side * width * 1.05, tip - 0.06, side * width * 1.35, tip, side * width * 0.95, tip + 0.04, 3),
      0.013,
      0.013,
      identity.skin * 0.5,
      0.4 + 0.4 * wrinkle,
    );
    // Wrinkles run from the root of the nose down and outwards.
    for (const step of [0, 0.075]) {
      const y = identity.eyeLine + 0.03 + step;
      stroke(canvas, [side * 0.02, y - 0.03, side * 0.12, y + 0.035], 0.015, 0.01, identity.skin * 0.4, 0.8 * wrinkle);
    }
    const smile = Math.max(0, units.lipCorners);
    const fold = Math.min(
      1,
      0.7 * wrinkle + 0.45 * Math.max(0, units.upperLipRaise) + 0.65 * smile + 0.25 * identity.age,
    );
    const spread = 0.1 * smile + 0.06 * wrinkle;
    stroke(
      canvas,
      curve(
        side * (width + 0.03),
        tip - 0.02,
        side * (0.3 + spread),
        tip + 0.06,
        side * (0.34 + spread),
        identity.mouthLine - 0.03 - 0.04 * smile,
        4,
      ),
      0.017,
      0.01,
      identity.skin * 0.5,
      0.65 * fold,
    );
  }
}
