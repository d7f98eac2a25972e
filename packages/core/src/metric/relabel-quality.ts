import { checkLabels, checkLengths } from './check.ts';

/** Labels of {@link relabelQuality}, one of each a sample. */
export interface RelabelLabels {
  /** Labels before the relabelling. */
  readonly given: ArrayLike<number>;
  /** Labels after it. */
  readonly current: ArrayLike<number>;
  /** True labels; samples with -1 are left out. */
  readonly truth: ArrayLike<number>;
  /** Not 0 where the sample was taken out of the training. Default: none was. */
  readonly dropped?: ArrayLike<number>;
  /** Not 0 where a person has verified the label: such samples are left out, for a person's word is no merit of the relabelling. Default: none is. */
  readonly verified?: ArrayLike<number>;
}

/** How well a relabelling did, over the samples whose true label is known. */
export interface RelabelQuality {
  /** Number of these samples. */
  readonly samples: number;
  /** Share of given labels that are wrong, in [0, 1]; null without samples. */
  readonly noiseBefore: number | null;
  /** Share of current labels that are wrong (net noise), dropped samples included, in [0, 1]; null without samples. */
  readonly noiseAfter: number | null;
  /** Labels that differ from the given one. */
  readonly edits: number;
  /** mended / edits; null without edits. */
  readonly precision: number | null;
  /** mended / wrong given labels; null without these. */
  readonly recall: number | null;
  /** broken / right given labels; null without these. */
  readonly harm: number | null;
  /** Wrong given labels that became the true one. */
  readonly mended: number;
  /** Right given labels that became wrong. */
  readonly broken: number;
  /** Dropped samples. */
  readonly dropped: number;
  /** Share of the dropped samples whose given label is wrong, in [0, 1]; null where none is dropped. */
  readonly droppedWrongShare: number | null;
}

const share = (part: number, whole: number): number | null => (whole ? part / whole : null);

/**
 * Compares labels before and after a relabelling with the true ones. An edit from one wrong label to another counts as
 * an edit that neither mends nor breaks.
 *
 * @throws OptionError where lengths differ or a label is no whole number (at least 0; -1 stands for an unknown truth).
 * @example
 * relabelQuality({ given: [0, 1, 1], current: [0, 0, 0], truth: [0, 0, 1] });
 * // one mended, one broken: precision 0.5, recall 1, harm 0.5, net noise still 1 / 3
 */
export function relabelQuality({ given, current, truth, dropped, verified }: RelabelLabels): RelabelQuality {
  for (const [name, labels] of Object.entries({ given, current })) {
    checkLengths('relabelQuality', name, labels.length, 'truth', truth.length);
    checkLabels('relabelQuality', name, labels, Infinity, 0);
  }
  checkLabels('relabelQuality', 'truth', truth, Infinity, -1);
  for (const [name, flags] of Object.entries({ dropped, verified }))
    if (flags) checkLengths('relabelQuality', name, flags.length, 'truth', truth.length);

  let samples = 0;
  let wrongBefore = 0;
  let wrongAfter = 0;
  let edits = 0;
  let mended = 0;
  let broken = 0;
  let out = 0;
  let outWrong = 0;
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] === -1 || verified?.[i]) continue;
    const before = given[i] !== truth[i];
    const after = current[i] !== truth[i];
    samples++;
    if (before) wrongBefore++;
    if (after) wrongAfter++;
    if (given[i] !== current[i]) edits++;
    if (before && !after) mended++;
    if (!before && after) broken++;
    if (!dropped?.[i]) continue;
    out++;
    if (before) outWrong++;
  }
  return {
    samples,
    noiseBefore: share(wrongBefore, samples),
    noiseAfter: share(wrongAfter, samples),
    edits,
    precision: share(mended, edits),
    recall: share(mended, wrongBefore),
    harm: share(broken, samples - wrongBefore),
    mended,
    broken,
    dropped: out,
    droppedWrongShare: share(outWrong, out),
  };
}
