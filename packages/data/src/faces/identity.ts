import type { RandomStream } from '@selfcure/core';

/** How the hair falls. */
export type HairStyle = 'bald' | 'short' | 'fringe' | 'parted' | 'long';

/** What stays the same of a face whatever it expresses. Lengths in head units: the head is about two units high. */
export interface Identity {
  readonly headWidth: number;
  readonly chin: number;
  /** 0 oval to 1 square. */
  readonly squareness: number;
  readonly jawTaper: number;
  readonly eyeSpacing: number;
  readonly eyeWidth: number;
  readonly eyeHeight: number;
  readonly eyeTilt: number;
  readonly eyeLine: number;
  readonly browThickness: number;
  readonly browArch: number;
  readonly browHeight: number;
  readonly browTilt: number;
  readonly noseLength: number;
  readonly noseWidth: number;
  readonly mouthWidth: number;
  readonly mouthLine: number;
  readonly mouthCurve: number;
  readonly lipThickness: number;
  /** Gray levels, 0 to 255. */
  readonly skin: number;
  readonly hair: number;
  readonly brow: number;
  readonly iris: number;
  readonly hairStyle: HairStyle;
  readonly hairline: number;
  /** Darkness of a beard, 0 none to 1. */
  readonly beard: number;
  /** Depth of the lines that age draws, 0 to 1. */
  readonly age: number;
}

const hairStyles: readonly HairStyle[] = ['short', 'fringe', 'parted', 'long', 'short', 'bald'];

/**
 * Draws an identity.
 *
 * @param variety spread about the mean face, 0 (always the mean shape) to 1.
 */
export function drawIdentity(variety: number, stream: RandomStream): Identity {
  const around = (mean: number, spread: number): number => mean + spread * variety * (2 * stream.uniform() - 1);
  const skin = 165 + 50 * variety * (2 * stream.uniform() - 1);
  const hair = skin * around(0.38, 0.3) + 5;
  const hairStyle = hairStyles[stream.integer(hairStyles.length)] ?? 'short';
  const beard = stream.uniform() < 0.18 * variety ? 0.2 + 0.5 * stream.uniform() : 0;
  return {
    headWidth: around(0.76, 0.07),
    chin: around(0.98, 0.06),
    squareness: around(0.25, 0.25),
    jawTaper: around(0.2, 0.12),
    eyeSpacing: around(0.335, 0.035),
    eyeWidth: around(0.165, 0.02),
    eyeHeight: around(0.075, 0.014),
    eyeTilt: around(0, 0.1),
    eyeLine: around(-0.08, 0.035),
    browThickness: around(0.04, 0.018),
    browArch: around(0.05, 0.03),
    browHeight: around(0.215, 0.025),
    browTilt: around(0, 0.03),
    noseLength: around(0.35, 0.05),
    noseWidth: around(0.12, 0.025),
    mouthWidth: around(0.25, 0.03),
    mouthLine: around(0.52, 0.03),
    mouthCurve: around(0, 0.018),
    lipThickness: around(0.06, 0.02),
    skin,
    hair,
    brow: Math.min(skin * 0.7, Math.max(18, hair * around(0.85, 0.25))),
    iris: around(60, 35),
    hairStyle,
    hairline: around(-0.6, 0.1),
    beard,
    age: Math.max(0, around(0.3, 0.4)),
  };
}
