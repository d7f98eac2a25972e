/**
 * Action units of the basic expressions: Du, Tao and Martinez, "Compound facial expressions of emotion", PNAS 111 (2014),
 * as EmotioNet uses them, by class in FER2013's order.
 */
export const expressionUnits: readonly (readonly number[])[] = [
  [4, 7, 24], // angry
  [9, 10, 17], // disgust
  [1, 4, 20, 25], // fear
  [12, 25], // happy
  [4, 15], // sad
  [1, 2, 25, 26], // surprise
];

const neutral = 6;
/** Units that say something about expressions; eyelids (43) and pose codes do not. */
const telling: ReadonlySet<number> = /* @__PURE__ */ new Set(/* @__PURE__ */ expressionUnits.flat());

/** Why action units give no expression. */
export type NoExpression = 'no-expression' | 'ambiguous-units' | 'unannotated';

/**
 * Expression that action units show.
 *
 * 1. An expression fits if at least two of its units are annotated and all annotated ones are present. So with the twelve
 *    units of EmotioNet's large set (1, 2, 4, 5, 6, 9, 12, 17, 20, 25, 26, 43) anger and sadness, of which one unit is
 *    annotated, never fit.
 * 2. Of several that fit, the one whose annotated units hold those of all others wins; otherwise they are
 *    ambiguous.
 * 3. Neutral fits if units of at least two expressions are annotated, two a piece, and none of all units is present.
 * 4. With `exact`, no unit of another expression may be present either.
 *
 * @param active units that are present.
 * @param annotated units that were looked at.
 * @returns the class in FER2013's order, or why there is none.
 */
export function expressionOfActionUnits(
  active: ReadonlySet<number>,
  annotated: ReadonlySet<number>,
  exact = false,
): number | NoExpression {
  const known = expressionUnits.map((list) => list.filter((unit) => annotated.has(unit)));
  const judged = known.filter((list) => list.length >= 2);
  if (judged.length === 0) return 'unannotated';
  const fits = known.flatMap((list, label) =>
    list.length >= 2 && list.every((unit) => active.has(unit)) ? [{ label, list }] : [],
  );
  if (fits.length === 0) {
    if (judged.length >= 2 && active.size === 0) return neutral;
    return 'no-expression';
  }
  const winners = fits.filter(({ list }) => fits.every((other) => other.list.every((unit) => list.includes(unit))));
  const winner = winners[0];
  if (winner === undefined || winners.length > 1) return 'ambiguous-units';
  const extra = [...active].some((unit) => telling.has(unit) && !winner.list.includes(unit));
  return exact && extra ? 'no-expression' : winner.label;
}
