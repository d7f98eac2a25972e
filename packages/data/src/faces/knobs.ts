import { checkInterval, checkRange } from '../error/check.ts';

/** How varied and how hard the faces are; the task's difficulty lies here. */
export interface FaceKnobs {
  /** Strength of the expressions, drawn evenly between two values in [0, 1]. */
  readonly intensity: readonly [low: number, high: number];
  /** Greatest strength of a second expression that shows through, as a share of the first, 0 to 1. */
  readonly blend: number;
  /** Probability that something (glasses, a bar, a hand) covers part of the face, 0 to 1. */
  readonly occlusion: number;
  /** Standard deviation of the blur in pixels of a 48 x 48 image, drawn evenly between two values in [0, 10]. */
  readonly blur: readonly [low: number, high: number];
  /** Standard deviation of the sensor noise in gray levels, drawn evenly between two values in [0, 100]. */
  readonly noise: readonly [low: number, high: number];
  /** Spread of shift, turn, nod, tilt and size, 0 (all frontal and centred) to 1. */
  readonly pose: number;
  /** Spread of shape, skin, hair, brows and habits, 0 (one person) to 1. */
  readonly identity: number;
  /** Strength of directed light and spread of contrast and brightness, 0 (flat) to 1. */
  readonly light: number;
}

/** The values of {@link FaceKnobs} that {@link facesDataset} takes where the caller names none. */
export const defaultFaceKnobs: FaceKnobs = {
  intensity: [0.4, 1],
  blend: 0.25,
  occlusion: 0.15,
  blur: [0.2, 0.8],
  noise: [1, 7],
  pose: 0.6,
  identity: 1,
  light: 1,
};

/** Fills in the defaults and refuses what is out of range. */
export function resolveKnobs(given: Partial<FaceKnobs>): FaceKnobs {
  const entries = Object.entries(defaultFaceKnobs).map(([name, value]) => [
    name,
    given[name as keyof FaceKnobs] ?? value,
  ]);
  const knobs = Object.fromEntries(entries) as FaceKnobs;
  checkInterval('intensity', knobs.intensity, 0, 1);
  checkInterval('blur', knobs.blur, 0, 10);
  checkInterval('noise', knobs.noise, 0, 100);
  for (const name of ['blend', 'occlusion', 'pose', 'identity', 'light'] as const) checkRange(name, knobs[name], 0, 1);
  return knobs;
}
