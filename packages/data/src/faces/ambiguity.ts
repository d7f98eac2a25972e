import type { Identity } from './identity.ts';
import type { Occluder } from './occluder.ts';
import { hiddenAt } from './occluder.ts';

/** Ambiguity of an expression of some strength: 1 where nothing shows, 0 at full strength. */
export function intensityAmbiguity(intensity: number): number {
  return (1 - intensity) * (1 - intensity);
}

/**
 * Ambiguity that a blur brings.
 *
 * @param spread standard deviation as a share of the image's side; brows and lips are about a tenth of it high.
 */
export function blurAmbiguity(spread: number): number {
  const r = spread / 0.05;
  return (r * r) / (1 + r * r);
}

/** Ambiguity from several independent causes: 1 minus the product of what each leaves readable. */
export function combineAmbiguity(causes: readonly number[]): number {
  return 1 - causes.reduce((readable, cause) => readable * (1 - Math.min(1, Math.max(0, cause))), 1);
}

/** Share of the telling parts of the face that an occluder hides: the mouth counts for half, brows and eyes for half. */
export function hiddenShare(occluder: Occluder, identity: Identity): number {
  const { eyeSpacing, eyeLine, eyeWidth, browHeight, mouthLine, mouthWidth } = identity;
  const share = (left: number, right: number, top: number, bottom: number): number => {
    let hidden = 0;
    for (let row = 0; row < 4; row++) {
      for (let column = 0; column < 6; column++) {
        const x = left + ((column + 0.5) / 6) * (right - left);
        const y = top + ((row + 0.5) / 4) * (bottom - top);
        hidden += hiddenAt(occluder, x, y, eyeSpacing, eyeLine);
      }
    }
    return hidden / 24;
  };
  const eyes = [-eyeSpacing, eyeSpacing].map((x) =>
    share(x - eyeWidth, x + eyeWidth, eyeLine - browHeight - 0.05, eyeLine + 0.06),
  );
  return 0.5 * share(-mouthWidth, mouthWidth, mouthLine - 0.1, mouthLine + 0.12) + 0.25 * (eyes[0]! + eyes[1]!);
}
