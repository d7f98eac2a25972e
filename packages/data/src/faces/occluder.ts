import type { RandomStream } from '@selfcure/core';

import type { Canvas } from './canvas.ts';
import { paint, stroke } from './canvas.ts';
import { capsule, roundedBox } from './distance.ts';

/** What stands between the camera and the face. Positions in head units. */
export type Occluder =
  | { readonly kind: 'glasses'; readonly tint: number; readonly shade: number; readonly rim: number }
  | {
      readonly kind: 'bar';
      readonly x: number;
      readonly y: number;
      readonly length: number;
      readonly width: number;
      readonly turn: number;
      readonly shade: number;
    }
  | { readonly kind: 'hand'; readonly x: number; readonly y: number; readonly lean: number; readonly shade: number };

/** Draws an occluder: glasses in half of the cases, else a bar or a hand. */
export function drawOccluder(stream: RandomStream): Occluder {
  const choice = stream.uniform();
  const a = stream.uniform();
  const b = stream.uniform();
  const c = stream.uniform();
  if (choice < 0.5)
    return { kind: 'glasses', tint: a < 0.3 ? 0.6 + 0.35 * b : 0.12 * b, shade: 20 + 40 * c, rim: 0.018 + 0.02 * a };
  if (choice < 0.75) {
    return {
      kind: 'bar',
      x: 0.3 * (a - 0.5),
      y: 1.3 * b - 0.5,
      length: 1.2,
      width: 0.1 + 0.1 * c,
      turn: 0.6 * (a - 0.5),
      shade: 30 + 190 * b,
    };
  }
  return { kind: 'hand', x: 0.35 * (2 * a - 1), y: 0.35 + 0.3 * b, lean: 0.5 * (c - 0.5), shade: 0.8 + 0.2 * c };
}

const lensWidth = 0.23;
const lensHeight = 0.17;

/** Distance from the fingers of a hand that reaches in from below, negative inside. */
function handDistance(x: number, y: number, hand: Extract<Occluder, { kind: 'hand' }>): number {
  let nearest = roundedBox(x - hand.x - hand.lean * 0.3, y - hand.y - 0.55, 0.3, 0.3, 0.15);
  for (let finger = 0; finger < 4; finger++) {
    const base = hand.x + (finger - 1.5) * 0.155;
    const reach = finger === 0 || finger === 3 ? 0.02 : -0.06;
    nearest = Math.min(
      nearest,
      capsule(x, y, base + hand.lean * 0.3, hand.y + 0.5, base - hand.lean * 0.2, hand.y + reach) - 0.072,
    );
  }
  return nearest;
}

/**
 * How much of a point of the face the occluder hides.
 *
 * @returns 0 seen to 1 hidden.
 */
export function hiddenAt(occluder: Occluder, x: number, y: number, eyeSpacing: number, eyeLine: number): number {
  switch (occluder.kind) {
    case 'glasses': {
      const lens = roundedBox(Math.abs(x) - eyeSpacing, y - eyeLine - 0.01, lensWidth, lensHeight, 0.1);
      return lens < 0 ? occluder.tint : 0;
    }
    case 'bar': {
      const across = y - occluder.y - occluder.turn * (x - occluder.x);
      return Math.abs(across) < occluder.width ? 1 : 0;
    }
    case 'hand':
      return handDistance(x, y, occluder) < 0 ? 1 : 0;
  }
}

/** Paints the occluder over the face. */
export function paintOccluder(
  canvas: Canvas,
  occluder: Occluder,
  { eyeSpacing, eyeLine, skin }: { eyeSpacing: number; eyeLine: number; skin: number },
): void {
  switch (occluder.kind) {
    case 'glasses':
      for (const side of [-1, 1]) {
        const centre = side * eyeSpacing;
        const box = [centre - 0.3, eyeLine - 0.25, centre + 0.3, eyeLine + 0.26] as const;
        const lens = (x: number, y: number): number =>
          roundedBox(x - centre, y - eyeLine - 0.01, lensWidth, lensHeight, 0.1);
        if (occluder.tint > 0) paint(canvas, box, lens, occluder.shade, occluder.tint);
        paint(canvas, box, (x, y) => Math.abs(lens(x, y)) - occluder.rim, occluder.shade, 0.9);
        stroke(
          canvas,
          [side * (eyeSpacing + lensWidth), eyeLine - 0.04, side * 0.8, eyeLine - 0.07],
          occluder.rim,
          occluder.rim,
          occluder.shade,
          0.8,
        );
      }
      stroke(
        canvas,
        [-eyeSpacing + lensWidth, eyeLine - 0.03, eyeSpacing - lensWidth, eyeLine - 0.03],
        occluder.rim,
        occluder.rim,
        occluder.shade,
        0.9,
      );
      return;
    case 'bar': {
      const { x, y, length, turn } = occluder;
      const ends = [x - length, y - turn * length, x + length, y + turn * length] as const;
      const slant = 1 / Math.sqrt(1 + turn * turn);
      paint(
        canvas,
        [-2, Math.min(ends[1], ends[3]) - 0.3, 2, Math.max(ends[1], ends[3]) + 0.3],
        (px, py) => Math.abs(py - y - turn * (px - x)) * slant - occluder.width * slant,
        occluder.shade,
        1,
      );
      return;
    }
    case 'hand': {
      const hand = (x: number, y: number): number => handDistance(x, y, occluder);
      const box = [occluder.x - 0.7, occluder.y - 0.25, occluder.x + 0.7, occluder.y + 1.1] as const;
      paint(canvas, box, (x, y) => hand(x, y) - 0.02, skin * 0.45, 0.8);
      paint(canvas, box, hand, skin * occluder.shade, 1);
    }
  }
}
