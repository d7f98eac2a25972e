import pMap from 'p-map';
import { checkChoice } from '../error/check.ts';
import { DataError } from '../error/data-error.ts';
import type { CropBox } from '../image/crop.ts';
import type { DecodedImage, ImageDecoder } from '../image/image.ts';
import { portableDecoder } from '../image/portable-decoder.ts';
import type { ResizeFilter } from '../image/resize.ts';
import type { GroupedDataset } from '../set/data-set.ts';
import { createDataset } from '../set/data-set.ts';
import { fingerprint } from '../set/fingerprint.ts';
import { checkIds } from '../set/sample-ids.ts';
import { sha256 } from '../set/sha-256.ts';
import { makePicture } from './picture-making.ts';
import type { PicturePool } from './picture-pool.ts';
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
  /** Default {@link portableDecoder}; with `pool`, the pool's. */
  readonly decoder?: ImageDecoder;
  /**
   * Makes the pictures in threads of its own, from `picturePool`: for tables whose pictures are files or bytes in Parquet. Neither `decoder` nor `prepare` go with it,
   * since functions stay in their thread. Default: pictures are made in this one.
   */
  readonly pool?: PicturePool;
  /** Part of the stored picture to take, such as a face that an annotation names; all of it where it gives none. */
  readonly crop?: (sample: Sample) => CropBox | undefined;
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

/** A part of a {@link SampleTable} as a `Dataset`. */
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
    pool,
    crop,
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
  const { origin } = table.load;
  if (pool !== undefined) checkPool(table, options);
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

  const making = { height, width: across, channels, filter, fit } as const;
  const boxes = crop && samples.map((sample) => crop(sample) ?? null);

  async function picture(id: number): Promise<Uint8Array> {
    const sample = samples[id]!;
    const stored = await table.load(rows[id]!);
    const change = {
      crop: boxes?.[id] ?? undefined,
      prepare: prepare && ((image: DecodedImage) => prepare(image, sample)),
    };
    return makePicture(stored, sample.place, decoder, making, change);
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
          decoder: pool?.decoder ?? decoder.name,
          ...(boxes && { crops: boxes }),
          pictures: hashes ?? samples.map((sample) => sample.place),
        },
        numbers: [labels],
      }),
    async read(ids) {
      checkIds(ids, rows.length, table.source);
      if (pool !== undefined) {
        const pictures = Array.from(ids, (id) => {
          const box = boxes?.[id];
          return { row: rows[id]!, place: samples[id]!.place, ...(box && { crop: box }) };
        });
        return pool.make({ origin: origin!, making, pictures });
      }
      const out = new Uint8Array(ids.length * area);
      await pMap(Array.from(ids), async (id, i) => out.set(await picture(id), i * area), {
        concurrency: width,
      });
      return out;
    },
  });
  return Object.assign(data, { samples, rows }) as TableDataset;
}

/** Refuses what cannot go into another thread. */
function checkPool({ load, reader }: SampleTable, { decoder, prepare }: TableDatasetOptions): void {
  const fail = (problem: string, remedy: string): never => {
    throw new DataError({ code: 'bad-option', source: 'pool', problem, remedy });
  };
  if (decoder !== undefined)
    fail('`decoder` stays in this thread', 'Name the decoder when you open the pool, or leave the pool out');
  if (prepare !== undefined)
    fail(
      '`prepare` stays in this thread',
      "Crop with `crop`, or crop the files first ('selfcure data faces'), or leave the pool out",
    );
  if (load.origin === undefined)
    fail(`the pictures of this table (${reader}) are no files that another thread can read`, 'Leave the pool out');
}

async function contentHash(table: SampleTable, row: number): Promise<string> {
  const stored = await table.load(row);
  const bytes = stored.kind === 'file' ? stored.bytes : stored.image.data;
  return sha256().update(bytes).hex();
}
