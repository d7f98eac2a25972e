import { portableExp } from '@selfcure/core';
import type { FaceBox } from './face-detector.ts';

/** A box with its probability. */
export interface ScoredBox {
  readonly box: FaceBox;
  readonly score: number;
}

/**
 * Boxes of an SSD: an encoding moves the centre of its anchor by tenths of its size and scales it by exp(fifths).
 *
 * @param anchors top, left, bottom, right of every anchor, as shares of the side. n x 4.
 * @param encodings n x 4.
 * @param side of the square that the shares belong to, in pixels of the picture.
 * @returns boxes of at least the score, the surest first, of those that overlap the surest alone.
 */
export function decodeBoxes(
  { anchors, encodings, scores }: Readonly<Record<'anchors' | 'encodings' | 'scores', ArrayLike<number>>>,
  { side, least, overlap }: { side: number; least: number; overlap: number },
): ScoredBox[] {
  const found = Array.from(scores, (score, i) => ({ score, i }))
    .filter(({ score }) => score >= least)
    .sort((a, b) => b.score - a.score || a.i - b.i)
    .map(({ score, i }) => ({ score, box: boxOf(anchors, encodings, 4 * i, side) }));
  const kept: ScoredBox[] = [];
  for (const one of found) if (kept.every((other) => intersection(one.box, other.box) <= overlap)) kept.push(one);
  return kept;
}

function boxOf(anchors: ArrayLike<number>, encodings: ArrayLike<number>, at: number, side: number): FaceBox {
  const [top, left] = [anchors[at]!, anchors[at + 1]!];
  const [tall, wide] = [anchors[at + 2]! - top, anchors[at + 3]! - left];
  const y = (encodings[at]! / 10) * tall + top + tall / 2;
  const x = (encodings[at + 1]! / 10) * wide + left + wide / 2;
  const height = portableExp(encodings[at + 2]! / 5) * tall;
  const width = portableExp(encodings[at + 3]! / 5) * wide;
  return { left: (x - width / 2) * side, top: (y - height / 2) * side, width: width * side, height: height * side };
}

/** Intersection over union. */
export function intersection(a: FaceBox, b: FaceBox): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (a.width * a.height + b.width * b.height - width * height);
}
