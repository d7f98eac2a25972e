import { classPosterior, confidentTransition, wrongProbability } from '@selfcure/audit';
import type { SampleRows } from '@selfcure/core';

/**
 * Probability that each given label is wrong, without verified labels: posterior of the last training pass with the confident joint's transition
 * matrix. Samples that never passed get 0. Length N.
 */
export function auditScores({ classes, given, probabilities, passes }: SampleRows): Float64Array {
  const seen = [...given.keys()].filter((i) => passes[i]! > 0);
  const samples = {
    classes,
    given: seen.map((i) => given[i]!),
    probabilities: seen.flatMap((i) => [...probabilities.subarray(i * classes, (i + 1) * classes)]),
  };
  const posterior = classPosterior({ ...samples, transition: confidentTransition(samples).matrix });
  const wrong = wrongProbability(posterior, samples.given, classes);
  const scores = new Float64Array(given.length);
  seen.forEach((i, row) => (scores[i] = wrong[row]!));
  return scores;
}
