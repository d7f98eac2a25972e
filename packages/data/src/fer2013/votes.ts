import { contempt, ferPlusToFer2013, noFaceVote, unknownVote } from './classes.ts';

/** Why a row has no label under a rule. */
export type NoLabel = 'no-majority' | 'tie' | 'no-votes' | 'unknown' | 'not-a-face' | 'contempt';

/** What to do where several classes share the most votes: no label, the lowest class, or the FER2013 label if it is one of them. */
export type TiePolicy = 'drop' | 'lowest' | 'given';

/** How votes become a label. */
export interface VoteRule {
  readonly classes: 7 | 8;
  readonly ties: TiePolicy;
}

/**
 * FER+'s published majority rule: votes that stand alone are dropped as outliers; of the rest, unknown and NF included, the top
 * must exceed one half. A tie can therefore never win.
 *
 * @param votes the ten votes of one row in FER+'s order.
 * @returns label in FER2013's order, or why there is none.
 */
export function majorityLabel(votes: ArrayLike<number>, classes: 7 | 8): number | NoLabel {
  let top = 0;
  let total = 0;
  for (let k = 0; k < votes.length; k++) {
    if (votes[k]! <= 1) continue;
    total += votes[k]!;
    if (votes[top]! < votes[k]!) top = k;
  }
  if (!(votes[top]! > 1 && votes[top]! > 0.5 * total)) return 'no-majority';
  if (top === unknownVote) return 'unknown';
  if (top === noFaceVote) return 'not-a-face';
  const label = ferPlusToFer2013[top]!;
  return label === contempt && classes === 7 ? 'contempt' : label;
}

/**
 * The emotion with the most votes, however few they are; unknown and NF do not count.
 *
 * @param votes the ten votes of one row in FER+'s order.
 * @param given FER2013 label of the row, for `ties: 'given'`.
 * @returns label in FER2013's order, or why there is none.
 */
export function pluralityLabel(votes: ArrayLike<number>, { classes, ties }: VoteRule, given: number): number | NoLabel {
  let most = 0;
  let winners: number[] = [];
  for (let k = 0; k < ferPlusToFer2013.length; k++) {
    if (votes[k]! > most) {
      most = votes[k]!;
      winners = [];
    }
    if (votes[k]! === most) winners.push(ferPlusToFer2013[k]!);
  }
  if (most === 0) return 'no-votes';
  const winner = breakTie(winners, ties, given);
  return winner === contempt && classes === 7 ? 'contempt' : winner;
}

function breakTie(winners: readonly number[], ties: TiePolicy, given: number): number | 'tie' {
  if (winners.length === 1) return winners[0]!;
  switch (ties) {
    case 'drop':
      return 'tie';
    case 'lowest':
      return Math.min(...winners);
    case 'given':
      return winners.includes(given) ? given : 'tie';
  }
}

/**
 * Shares of the votes for the classes in use; unknown, NF and, with seven classes, contempt do not count.
 *
 * @returns C shares in FER2013's order that sum to 1, or undefined where no class has a vote.
 */
export function voteShares(votes: ArrayLike<number>, classes: 7 | 8): Float64Array | undefined {
  const shares = new Float64Array(classes);
  let total = 0;
  for (let k = 0; k < ferPlusToFer2013.length; k++) {
    const label = ferPlusToFer2013[k]!;
    if (label >= classes) continue;
    shares[label] = votes[k]!;
    total += votes[k]!;
  }
  if (total === 0) return undefined;
  for (let c = 0; c < classes; c++) shares[c]! /= total;
  return shares;
}
