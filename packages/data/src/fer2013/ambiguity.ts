import { portableLog } from '@selfcure/core';

import { noFaceVote, unknownVote } from './classes.ts';

/**
 * Ambiguity of a row from its ten votes: the share of unknown and NF, and of the rest the entropy over the eight
 * emotions, scaled by its greatest value (log 8).
 *
 * @returns 0 where all agree on one emotion, 1 where nobody sees one; 1 without votes.
 */
export function voteAmbiguity(votes: ArrayLike<number>): number {
  const unreadable = votes[unknownVote]! + votes[noFaceVote]!;
  let emotions = 0;
  for (let k = 0; k < unknownVote; k++) emotions += votes[k]!;
  if (emotions === 0) return 1;
  let entropy = 0;
  for (let k = 0; k < unknownVote; k++) {
    const share = votes[k]! / emotions;
    if (share > 0) entropy -= share * portableLog(share);
  }
  const lost = unreadable / (unreadable + emotions);
  return Math.min(1, lost + (1 - lost) * (entropy / portableLog(unknownVote)));
}
