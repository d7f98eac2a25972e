import type { Snapshot } from '../protocol.ts';

/** What the scores of suspicion are called on the page. */
export const scoreTitles: Readonly<Record<string, string>> = {
  meanGivenProbability: 'averaged P(given label), lowest first',
  givenProbability: 'last P(given label), lowest first',
  loss: 'loss, highest first',
  importance: 'importance weight, lowest first',
};

/** Samples that have passed and that nobody has decided on, the most suspicious first. */
export function suspicious({ scores, passes, labels }: Snapshot, score: string): number[] {
  const values = scores[score];
  if (!values) return [];
  return [...passes.keys()]
    .filter((sample) => passes[sample]! > 0 && !labels.verified[sample])
    .sort((a, b) => values[b]! - values[a]! || a - b);
}
