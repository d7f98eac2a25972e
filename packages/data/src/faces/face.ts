import { portableCos, portableSin, randomStream } from '@selfcure/core';

import type { ActionUnits } from './action-units.ts';
import { expressActionUnits } from './action-units.ts';
import { expressionNames } from './expressions.ts';
import { combineAmbiguity, blurAmbiguity, hiddenShare, intensityAmbiguity } from './ambiguity.ts';
import type { View } from './canvas.ts';
import type { Identity } from './identity.ts';
import { drawIdentity } from './identity.ts';
import type { FaceKnobs } from './knobs.ts';
import type { Occluder } from './occluder.ts';
import { drawOccluder } from './occluder.ts';

/** What a face looks like before a camera sees it. */
export interface FaceLook {
  readonly identity: Identity;
  readonly units: ActionUnits;
  /** Direction of the gaze, -1 to 1 each way; positive to the right and down. */
  readonly gazeX: number;
  readonly gazeY: number;
  /** How much one side moves more than the other, about -1 to 1. */
  readonly lopsided: number;
  /** Gray level of the clothes. */
  readonly clothes: number;
  /** Where the light comes from, -1 (left, above) to 1 (right, below). */
  readonly lightX: number;
  readonly lightY: number;
}

/** Everything that decides one image of the procedural faces, and how ambiguous it is. */
export interface Face {
  /** True expression, in [0, 7). */
  readonly label: number;
  /** Strength of the expression; for neutral faces, how little of another expression shows. */
  readonly intensity: number;
  /** Second expression that shows through, and its strength. */
  readonly other: number;
  readonly otherStrength: number;
  readonly look: FaceLook;
  readonly view: View;
  readonly occluder: Occluder | undefined;
  /** Share of the telling parts of the face (brows, eyes, mouth) that the occluder hides, 0 to 1. */
  readonly hidden: number;
  /** Standard deviation of the blur, in pixels. */
  readonly blur: number;
  /** Standard deviation of the sensor noise, in gray levels. */
  readonly noise: number;
  readonly background: number;
  /** Change of the background's gray level from left to right. */
  readonly backgroundSlope: number;
  /** Share of the light that has no direction. */
  readonly ambient: number;
  readonly contrast: number;
  readonly brightness: number;
  /** 0 plain to 1 unreadable. */
  readonly ambiguity: number;
}

const neutral = expressionNames.indexOf('neutral');

/**
 * Draws everything about one face: a pure function of seed, sample, label and knobs.
 *
 * @param label expression, in [0, 7).
 */
export function drawFace(seed: number, sample: number, label: number, size: number, knobs: FaceKnobs): Face {
  const stream = randomStream({ seed, purpose: 'faces/face', sample });
  const within = ([low, high]: readonly [number, number]): number => low + (high - low) * stream.uniform();
  const both = (spread: number): number => spread * (2 * stream.uniform() - 1);

  const intensity = within(knobs.intensity);
  const isNeutral = label === neutral;
  // Neutral is the last label; the second expression is one of the others, but not the first one again.
  let other = stream.integer(isNeutral ? neutral : neutral - 1);
  if (!isNeutral && other >= label) other += 1;
  const blend = knobs.blend * stream.uniform();
  // A weak neutral face lets another expression through; a weak expression is near to neutral.
  const otherStrength = isNeutral ? 0.25 * (1 - intensity) : blend * intensity;
  const units = expressActionUnits(
    { expression: label, strength: isNeutral ? 0 : intensity, other, otherStrength, variety: knobs.identity },
    stream,
  );
  const identity = drawIdentity(knobs.identity, stream);
  const look: FaceLook = {
    identity,
    units,
    gazeX: both(0.8),
    gazeY: both(0.6),
    lopsided: 0.6 * stream.normal() * knobs.identity,
    clothes: 30 + 170 * stream.uniform(),
    lightX: both(1),
    lightY: -0.2 + both(0.6),
  };

  const angle = both(0.2 * knobs.pose);
  const view: View = {
    centreX: size * (0.5 + both(0.06 * knobs.pose)),
    centreY: size * (0.5 + both(0.06 * knobs.pose)),
    scale: size * 0.5 * (1 + both(0.12 * knobs.pose)),
    cos: portableCos(angle),
    sin: portableSin(angle),
    yaw: both(knobs.pose),
    pitch: both(knobs.pose),
  };

  const occluder = stream.uniform() < knobs.occlusion ? drawOccluder(stream) : undefined;
  const hidden = occluder === undefined ? 0 : hiddenShare(occluder, identity);
  const blur = within(knobs.blur) * (size / 48);
  const ambiguity = combineAmbiguity([
    intensityAmbiguity(intensity),
    isNeutral || otherStrength === 0 ? 0 : otherStrength / (intensity + otherStrength),
    0.9 * hidden,
    blurAmbiguity(blur / size),
  ]);
  return {
    label,
    intensity,
    other,
    otherStrength,
    look,
    view,
    occluder,
    hidden,
    blur,
    noise: within(knobs.noise),
    background: 20 + 200 * stream.uniform(),
    backgroundSlope: both(60),
    ambient: 1 - knobs.light * (0.15 + 0.4 * stream.uniform()),
    contrast: 1 - 0.4 * knobs.light * stream.uniform(),
    brightness: both(25 * knobs.light),
    ambiguity,
  };
}
