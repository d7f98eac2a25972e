import type { RandomStream } from '@selfcure/core';

/**
 * Strength of every movement of a face, 0 at rest and 1 at full strength (signed where stated). The movements follow
 * the action units (AU) of the Facial Action Coding System, by number.
 */
export interface ActionUnits {
  /** AU 1, inner ends of the brows up; negative lowers them. */
  readonly innerBrowRaise: number;
  /** AU 2, outer ends of the brows up; negative lowers them. */
  readonly outerBrowRaise: number;
  /** AU 4, brows down and together. */
  readonly browLower: number;
  /** AU 5, upper lids up (positive) or drooping (negative). */
  readonly lidRaise: number;
  /** AU 7, lower lids tight. */
  readonly lidTighten: number;
  /** AU 6, cheeks up. */
  readonly cheekRaise: number;
  /** AU 9, nose wrinkled. */
  readonly noseWrinkle: number;
  /** AU 10, upper lip up. */
  readonly upperLipRaise: number;
  /** AU 12 (positive) and AU 15 (negative), corners of the lips up or down. */
  readonly lipCorners: number;
  /** AU 20 (positive) and AU 18 (negative), mouth stretched or puckered. */
  readonly lipStretch: number;
  /** AU 24, lips pressed thin. */
  readonly lipPress: number;
  /** AU 17, chin boss and lower lip up. */
  readonly chinRaise: number;
  /** AU 25, lips parted, which shows the teeth. */
  readonly lipsPart: number;
  /** AU 26 and 27, jaw dropped. */
  readonly jawDrop: number;
}

/** The names of all movements. */
export const actionUnitNames: readonly (keyof ActionUnits)[] = [
  'innerBrowRaise',
  'outerBrowRaise',
  'browLower',
  'lidRaise',
  'lidTighten',
  'cheekRaise',
  'noseWrinkle',
  'upperLipRaise',
  'lipCorners',
  'lipStretch',
  'lipPress',
  'chinRaise',
  'lipsPart',
  'jawDrop',
];

/**
 * The ways in which each expression shows, in label order; what a way does not name stays at rest. Each face takes one
 * way of its expression.
 */
const ways: readonly (readonly Partial<ActionUnits>[])[] = [
  // angry: glare under lowered brows; lips pressed, or an open square mouth
  [
    { browLower: 1, lidRaise: 0.25, lidTighten: 0.7, lipPress: 1, chinRaise: 0.3, lipCorners: -0.2 },
    { browLower: 1, lidRaise: 0.5, lidTighten: 0.5, lipsPart: 0.8, jawDrop: 0.3, lipCorners: -0.35, lipStretch: 0.15 },
  ],
  // disgust: wrinkled nose, upper lip up, eyes narrow
  [
    {
      noseWrinkle: 1,
      upperLipRaise: 1,
      browLower: 0.5,
      lidTighten: 0.8,
      cheekRaise: 0.4,
      lipCorners: -0.5,
      lipsPart: 0.15,
    },
    { noseWrinkle: 1, upperLipRaise: 0.8, browLower: 0.4, lidTighten: 0.9, lipCorners: -0.6, chinRaise: 0.5 },
  ],
  // fear: brows up and drawn together, eyes wide, mouth stretched sideways
  [
    {
      innerBrowRaise: 1,
      outerBrowRaise: 0.35,
      browLower: 0.35,
      lidRaise: 1,
      lipStretch: 1,
      lipsPart: 0.55,
      jawDrop: 0.15,
      lipCorners: -0.3,
    },
    {
      innerBrowRaise: 0.9,
      outerBrowRaise: 0.3,
      browLower: 0.3,
      lidRaise: 0.9,
      lipStretch: 0.8,
      lipsPart: 0.5,
      jawDrop: 0.4,
      lipCorners: -0.35,
    },
  ],
  // happy: corners up, cheeks up; a closed smile or a laugh
  [
    { lipCorners: 1, cheekRaise: 0.8, lidTighten: 0.3, lipStretch: 0.5, lipsPart: 0.7 },
    { lipCorners: 0.9, cheekRaise: 0.6, lidTighten: 0.2, lipStretch: 0.35 },
    { lipCorners: 1, cheekRaise: 1, lidTighten: 0.4, lipStretch: 0.5, lipsPart: 0.9, jawDrop: 0.4 },
  ],
  // sad: inner brows up, outer down, lids drooping, corners down
  [
    {
      innerBrowRaise: 0.9,
      outerBrowRaise: -0.5,
      browLower: 0.2,
      lidRaise: -0.5,
      lipCorners: -0.9,
      chinRaise: 0.7,
      lipStretch: -0.1,
    },
    { innerBrowRaise: 0.8, outerBrowRaise: -0.6, lidRaise: -0.7, lipCorners: -0.8, chinRaise: 0.3 },
  ],
  // surprise: whole brows up, eyes wide, jaw dropped
  [
    { innerBrowRaise: 0.9, outerBrowRaise: 1, lidRaise: 0.9, jawDrop: 1, lipsPart: 0.3, lipStretch: -0.5 },
    { innerBrowRaise: 1, outerBrowRaise: 1, lidRaise: 0.7, jawDrop: 0.65, lipsPart: 0.2, lipStretch: -0.35 },
  ],
  // neutral
  [{}],
];

/**
 * Movements of one expression at one strength, with a small habit of each movement that differs from face to face.
 *
 * @param expression label, in [0, 7).
 * @param strength 0 at rest to 1.
 * @param other a second expression that shows through.
 * @param otherStrength its strength.
 * @param variety how much the movements differ from face to face, 0 to 1.
 * @param stream source of the way taken and of the habits; 16 or more draws.
 */
export function expressActionUnits(
  {
    expression,
    strength,
    other,
    otherStrength,
    variety,
  }: {
    expression: number;
    strength: number;
    other: number;
    otherStrength: number;
    variety: number;
  },
  stream: RandomStream,
): ActionUnits {
  const pick = (label: number): Partial<ActionUnits> => {
    const choices = ways[label] ?? [];
    return choices[stream.integer(choices.length)] ?? {};
  };
  const main = pick(expression);
  const second = pick(other);
  const units: Record<string, number> = {};
  for (const name of actionUnitNames) {
    const vigour = 1 + 0.25 * variety * (2 * stream.uniform() - 1);
    const habit = 0.07 * variety * stream.normal();
    units[name] = strength * vigour * (main[name] ?? 0) + otherStrength * (second[name] ?? 0) + habit;
  }
  return units as Record<keyof ActionUnits, number>;
}
