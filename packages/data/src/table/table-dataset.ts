import pMap from 'p-map';
import { checkChoice } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import { withChannels } from '../image/channels.ts';
import type { DecodedImage, ImageDecoder } from '../image/image.ts';
import { portableDecoder } from '../image/portable-decoder.ts';
import type { ResizeFilter } from '../image/resize.ts';
import { centreSquare, resizeImage } from '../image/resize.ts';
import type { GroupedDataset } from '../set/data-set.ts';
import { createDataset } from '../set/data-set.ts';
import { fingerprint } from '../set/fingerprint.ts';
import { checkIds } from '../set/sample-ids.ts';
import { sha256 } from '../set/sha-256.ts';
import { groupByKeys } from './sample-groups.ts';
import type { Sample, SampleTable } from './sample-table.ts';

/** Options of {@link tableDataset}. */
export interface TableDatasetOptions {
  /** Which part of the set; default all of it. */
  readonly split?: string;
  /** Side of the square pictures, or height and width, in pixels. */
  readonly size: number | readonly [height: number, width: number];
  /** 1: gray; 3: colour. Default 3. */
  readonly channels?: 1 | 3;
  /** Default `'bilinear'`. */
  readonly filter?: ResizeFilter;
  /** Of pictures with other proportions: `'stretch'` them (default), or take the largest square in the `'centre'` first. */
  readonly fit?: 'stretch' | 'centre';
  /** Default {@link portableDecoder}. */
  readonly decoder?: ImageDecoder;
  /** Changes a decoded picture before it is resized, such as by cutting out a face. */
  readonly prepare?: (image: DecodedImage, sample: Sample) => DecodedImage | Promise<DecodedImage>;
  /** Names what `prepare` does; part of the fingerprint. Needed with `prepare`. */
  readonly preparation?: string;
  /**
   * What tells one version of the data from another. `'content'` (default): the bytes of every picture, which are read
   * once for it, and byte-identical pictures become one group. `'places'`: names and labels only, for sets too large to
   * read twice; a changed picture then goes unnoticed, and groups know subjects and sequences only.
   */
  readonly identity?: 'content' | 'places';
}

/** A part of a {@link SampleTable} as a {@link Dataset}. */
export interface TableDataset extends GroupedDataset {
  /** The samples, in the order of the ids. */
  readonly samples: readonly Sample[];
  /** Index into the table of every sample. */
  readonly rows: Int32Array;
  read(ids: ArrayLike<number>): Promise<Uint8Array>;
}

/** Pictures under way at once. */
const width = 8;

/**
 * A part of a data set to train on or to test on. Pictures are read, decoded and resized when a run asks for them, and
 * not kept. Samples that must not straddle a split form a group: the same subject, the same sequence where no subject is
 * known, and byte-identical pictures.
 *
 * @throws DataError where the part has no sample or an option is out of range; `read` throws it where a picture is damaged.
 * @example
 * const table = await rafDb(openFolder('./RAF-DB'));
 * const train = await tableDataset(table, { split: 'train', size: 100 });
 */
export async function tableDataset(table: SampleTable, options: TableDatasetOptions): Promise<TableDataset> {
  const {
    split,
    size,
    channels = 3,
    filter = 'bilinear',
    fit = 'stretch',
    decoder = portableDecoder(),
    prepare,
    preparation,
    identity = 'content',
  } = options;
  checkChoice('channels', channels, [1, 3]);
  checkChoice('filter', filter, ['area', 'bilinear']);
  checkChoice('fit', fit, ['stretch', 'centre']);
  checkChoice('identity', identity, ['content', 'places']);
  const splits = [...new Set(table.samples.map((sample) => sample.split))];
  if (split !== undefined && splits.length > 0) checkChoice('split', split, splits);
  if ((prepare === undefined) !== (preparation === undefined)) {
    throw new DataError({
      code: 'bad-option',
      source: 'prepare, preparation',
      problem: prepare === undefined ? 'a preparation is named, but there is none' : 'the preparation has no name',
      remedy: 'Pass both: a run that is resumed must know whether its pictures were made the same way',
    });
  }
  const [height, across] = typeof size === 'number' ? [size, size] : size;
  for (const [axis, length] of Object.entries({ height, width: across })) {
    if (Number.isSafeInteger(length) && length >= 1 && length <= 4096) continue;
    throw new DataError({
      code: 'bad-option',
      source: 'size',
      problem: `${length} (${axis}) is not a whole number from 1 to 4096`,
      remedy: 'Pass the side in pixels, such as 100',
    });
  }
  const rows = Int32Array.from(
    table.samples.flatMap((sample, id) => (split === undefined || sample.split === split ? [id] : [])),
  );
  if (rows.length === 0) {
    throw new DataError({
      code: 'no-samples',
      source: table.source,
      problem: split === undefined ? 'it holds no sample' : `its part '${split}' holds no sample`,
      remedy: 'Pass a folder that holds pictures of the set',
    });
  }
  const samples = Array.from(rows, (row) => table.samples[row]!);
  const hashes =
    identity === 'content' ? await pMap(rows, (row) => contentHash(table, row), { concurrency: width }) : undefined;
  const groupKeys = samples.map(({ subject, sequence }, i) => [
    ...(subject !== undefined ? [`subject ${subject}`] : sequence !== undefined ? [`sequence ${sequence}`] : []),
    ...(hashes === undefined ? [] : [`bytes ${hashes[i]}`]),
  ]);
  const labels = Int32Array.from(samples, (sample) => sample.label);
  const shape = [height, across, channels] as const;
  const area = height * across * channels;

  async function picture(row: number): Promise<Uint8Array> {
    const sample = table.samples[row]!;
    const stored = await table.load(row);
    let image = stored.kind === 'pixels' ? stored.image : await decoder.decode(stored.bytes, sample.place);
    if (prepare !== undefined) image = await prepare(image, sample);
    if (fit === 'centre') image = centreSquare(image);
    // Gray before the sizes change: a third of the work, and the same values but for rounding.
    return resizeImage(withChannels(image, channels), { width: across, height, filter }).data;
  }

  const data = createDataset({
    name: split === undefined ? table.reader : `${table.reader}-${split}`,
    size: rows.length,
    classes: table.classes,
    shape,
    labels,
    groups: groupKeys.some((keys) => keys.length > 0) ? groupByKeys(groupKeys) : undefined,
    fingerprint: () =>
      fingerprint({
        kind: 'table',
        facts: {
          classes: table.classes,
          shape,
          filter,
          fit,
          preparation: preparation ?? null,
          // Two decoders may differ in the last bit of a JPEG.
          decoder: decoder.name,
          pictures: hashes ?? samples.map((sample) => sample.place),
        },
        numbers: [labels],
      }),
    async read(ids) {
      checkIds(ids, rows.length, table.source);
      const out = new Uint8Array(ids.length * area);
      await pMap(Array.from(ids), async (id, i) => out.set(await picture(rows[id]!), i * area), {
        concurrency: width,
      });
      return out;
    },
  });
  return Object.assign(data, { samples, rows }) as TableDataset;
}

async function contentHash(table: SampleTable, row: number): Promise<string> {
  const stored = await table.load(row);
  const bytes = stored.kind === 'file' ? stored.bytes : stored.image.data;
  return sha256().update(bytes).hex();
}
