import type { Dataset } from '@selfcure/core';

import { checkLength, checkWhole } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import type { GroupedDataset } from './data-set.ts';
import { createDataset } from './data-set.ts';
import { fingerprint } from './fingerprint.ts';
import { checkIds } from './sample-ids.ts';

/** Options of {@link arrayDataset}. */
export interface ArrayDatasetOptions {
  /** Pixels, 0 to 255, row-major, channels last: one array for all images, or one array an image. Kept, not copied. */
  readonly images: Uint8Array | readonly Uint8Array[];
  /** Given label of every image, in [0, C). */
  readonly labels: ArrayLike<number>;
  /** Names of the C classes, or C itself (the names are then `'0'`, `'1'`, …). */
  readonly classes: readonly string[] | number;
  readonly shape: Dataset['shape'];
  /** Default `'array'`. */
  readonly name?: string;
  /** True labels, -1 where unknown. */
  readonly truth?: ArrayLike<number>;
  /** Labels a person has verified, -1 elsewhere. */
  readonly verified?: ArrayLike<number>;
  /** Soft labels, N x C; each row sums to 1. */
  readonly soft?: ArrayLike<number>;
  /** Ambiguity, 0 to 1. */
  readonly ambiguity?: ArrayLike<number>;
  /** First sample of the group of every sample; groups never straddle a split. See {@link GroupedDataset}. */
  readonly groups?: ArrayLike<number>;
}

/** Refuses labels outside [low, classes). */
function checkLabels(name: string, labels: ArrayLike<number>, classes: number, low: number): Int32Array {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < low || label >= classes) {
      throw new DataError({
        code: 'bad-label',
        source: name,
        problem: `label ${label} of sample ${i} is not a whole number in [${low}, ${classes})`,
        remedy: `Number the classes from 0 to ${classes - 1}${low < 0 ? ' and write -1 where none is known' : ', or name more classes'}`,
      });
    }
  }
  return Int32Array.from(labels);
}

function checkSoft(soft: ArrayLike<number>, classes: number): Float32Array {
  for (let row = 0; row * classes < soft.length; row++) {
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const share = soft[row * classes + c]!;
      sum += share >= 0 ? share : NaN;
    }
    if (!(Math.abs(sum - 1) <= 1e-4)) {
      throw new DataError({
        code: 'bad-label',
        source: 'soft',
        problem: `the row of sample ${row} is negative somewhere or sums to ${sum}, not to 1`,
        remedy: 'Divide each row of shares by its sum',
      });
    }
  }
  return Float32Array.from(soft);
}

/**
 * A data set over images that are already in memory.
 *
 * The pixels are kept and must not change afterwards; labels and the other columns are copied. The fingerprint is the
 * SHA-256 of shape, classes, labels and pixels, computed when it is first read.
 *
 * @throws DataError where a length does not fit, a label is outside [0, C) or a soft row does not sum to 1.
 * @example
 * const data = arrayDataset({ images: pixels, labels: [0, 1, 1], classes: ['cat', 'dog'], shape: [48, 48, 1] });
 */
export function arrayDataset(options: ArrayDatasetOptions): GroupedDataset {
  const { images, labels, shape, name = 'array' } = options;
  const [height, width, channels] = shape;
  for (const [axis, length] of Object.entries({ height, width, channels })) checkWhole(`shape (${axis})`, length, 1);
  const area = height * width * channels;
  const classes =
    typeof options.classes === 'number'
      ? Array.from({ length: options.classes }, (_, c) => String(c))
      : [...options.classes];
  if (classes.length < 2 || new Set(classes).size !== classes.length) {
    throw new DataError({
      code: 'bad-option',
      source: 'classes',
      problem: `[${classes.join(', ')}] are not two or more different names`,
      remedy: 'Name every class once, in label order',
    });
  }
  const size = labels.length;
  const count = classes.length;
  if (images instanceof Uint8Array) {
    checkLength('images', images.length, size * area, `${size} labels x ${height} x ${width} x ${channels} bytes`);
  } else {
    checkLength('images', images.length, size, `one image for each of ${size} labels`);
    images.forEach((image, i) =>
      checkLength(`images[${i}]`, image.length, area, `${height} x ${width} x ${channels} bytes`),
    );
  }
  const column = (key: 'truth' | 'verified' | 'ambiguity' | 'groups'): ArrayLike<number> | undefined => {
    const values = options[key];
    if (values !== undefined) checkLength(key, values.length, size, `one value for each of ${size} labels`);
    return values;
  };
  const given = checkLabels('labels', labels, count, 0);
  const truth = column('truth');
  const verified = column('verified');
  const ambiguity = column('ambiguity');
  const groups = column('groups');
  if (groups !== undefined) checkIds(groups, size, 'groups');
  const { soft } = options;
  if (soft !== undefined) checkLength('soft', soft.length, size * count, `${size} labels x ${count} classes`);
  if (ambiguity !== undefined) {
    for (let i = 0; i < size; i++) {
      if (!(ambiguity[i]! >= 0 && ambiguity[i]! <= 1)) {
        throw new DataError({
          code: 'bad-option',
          source: 'ambiguity',
          problem: `${ambiguity[i]} of sample ${i} is outside [0, 1]`,
          remedy: 'Scale ambiguity from 0 (plain) to 1 (unreadable)',
        });
      }
    }
  }
  const imageOf =
    images instanceof Uint8Array
      ? (id: number): Uint8Array => images.subarray(id * area, (id + 1) * area)
      : (id: number): Uint8Array => images[id]!;
  return createDataset({
    name,
    size,
    classes,
    shape: [height, width, channels],
    labels: given,
    truth: truth && checkLabels('truth', truth, count, -1),
    verified: verified && checkLabels('verified', verified, count, -1),
    soft: soft && checkSoft(soft, count),
    ambiguity: ambiguity && Float32Array.from(ambiguity),
    groups: groups && Int32Array.from(groups),
    fingerprint: () =>
      fingerprint({
        kind: 'array',
        facts: { classes, shape: [height, width, channels] },
        numbers: [given],
        images: images instanceof Uint8Array ? [images] : images,
      }),
    read(ids) {
      checkIds(ids, size, name);
      const out = new Uint8Array(ids.length * area);
      for (let i = 0; i < ids.length; i++) out.set(imageOf(ids[i]!), i * area);
      return out;
    },
  });
}
