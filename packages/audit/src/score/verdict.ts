/** What an audit thinks of a label. */
export type Verdict = 'wrong' | 'ambiguous' | 'right';

/** Options of {@link verdicts}. */
export interface VerdictOptions {
  /** Posterior over true classes, N x C. */
  readonly posterior: ArrayLike<number>;
  readonly given: ArrayLike<number>;
  readonly classes: number;
  /** Suspicion from which a label is looked at, such as that of {@link falseDiscoveryThreshold}. */
  readonly suspicion: ArrayLike<number>;
  readonly threshold: number;
  /** Posterior that one other class needs for the label to count as wrong and not as ambiguous. Default 0.6. */
  readonly decided?: number;
}

/**
 * Tells probably wrong labels from ambiguous images: suspicion at or above the threshold, and one other class that has most of the posterior (wrong) or none
 * that has (ambiguous: several classes are likely, whatever the label says).
 *
 * @example verdicts({ posterior, given, classes: 7, suspicion, threshold: 0.8 })
 */
export function verdicts({
  posterior,
  given,
  classes,
  suspicion,
  threshold,
  decided = 0.6,
}: VerdictOptions): Verdict[] {
  return Array.from(given, (label, i) => {
    if (!(suspicion[i]! >= threshold)) return 'right';
    let other = 0;
    for (let c = 0; c < classes; c++) if (c !== label) other = Math.max(other, posterior[i * classes + c]!);
    return other >= decided ? 'wrong' : 'ambiguous';
  });
}

/** The most likely true class of every sample; the lowest index among equals. */
export function suggestedLabels(posterior: ArrayLike<number>, samples: number, classes: number): Int32Array {
  return Int32Array.from({ length: samples }, (_, i) => {
    let best = 0;
    for (let c = 1; c < classes; c++) if (posterior[i * classes + c]! > posterior[i * classes + best]!) best = c;
    return best;
  });
}
