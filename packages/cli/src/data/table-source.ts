import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cachedImages } from '@selfcure/data';
import type { SampleTable, TableDataset } from '@selfcure/data/node';
import { UsageError } from '../errors.ts';
import { cacheFolder } from './cache-folder.ts';
import type { DataSettings, Reading, Source } from './run-data.ts';

/** Whether a folder holds FER2013 as Kaggle gives it, whose votes and rows the command line knows. */
export const isFerFolder = (path: string): boolean => existsSync(join(path, 'fer2013.csv'));

/** Parts of a data set by what they are for, the first that is there. */
const roles = { train: ['train', 'all'], validation: ['valid'], test: ['test'] } as const;

/**
 * Any data set that a reader recognizes: trains on its part `train` (or all of it, where it has no parts), watches `valid`,
 * tests on `test`. Pictures are decoded in threads, once, and kept in memory; of a part that does not fit, all are kept in the cache folder too. Samples are
 * numbered by the reader.
 */
export async function tableSource({ data: path, size }: DataSettings, reading: Reading = {}): Promise<Source> {
  const { memory = 512 * 1024 * 1024, cache = cacheFolder(process.env), note } = reading;
  const { picturePool, readDataPath, tableDataset } = await import('@selfcure/data/node');
  const table = await readDataPath(path);
  const splits = new Set(table.samples.map(({ split }) => split));
  const partOf = (names: readonly string[]): string | undefined => names.find((name) => splits.has(name));
  const training = partOf(roles.train);
  if (training === undefined) {
    throw new UsageError(
      `${path} has the parts ${[...splits].join(', ')} and none called train. Name the part to train on 'train' in the data set`,
    );
  }
  const channels = await channelsOf(table);
  const pictureBytes = size! * size! * channels;
  const used = [training, partOf(roles.validation), partOf(roles.test)];
  const bytesOf = (part: string | undefined): number =>
    pictureBytes * table.samples.filter(({ split }) => split === part).length;
  const overflow = used.some((part) => bytesOf(part) > memory);
  // Pictures that are stored as pixels need no decoding, and no threads for it.
  const isDecoded = table.load.origin !== undefined;
  const store = overflow && isDecoded ? join(cache, 'pictures') : null;
  if (store !== null)
    note?.(`Decoded pictures that memory does not hold are kept in ${store} (--cache names another folder).`);
  const pool = isDecoded ? await picturePool(store === null ? {} : { store }) : null;
  const read = async (split: string | undefined): Promise<TableDataset | null> =>
    split === undefined
      ? null
      : cachedImages(await tableDataset(table, { split, size: size!, channels, ...(pool && { pool }) }), {
          maxBytes: memory,
        });
  const train = (await read(training))!;
  const { reader, counts, dropped } = table;
  return {
    name: basename(path),
    train,
    ids: train.rows,
    validation: await read(partOf(roles.validation)),
    test: await read(partOf(roles.test)),
    facts: { kind: reader, size, channels, dropped, complete: counts.complete, differences: counts.differences },
    ...(pool && { close: () => pool.close() }),
  };
}

/** Channels of the first picture: a set of gray pictures is trained on in gray. */
async function channelsOf(table: SampleTable): Promise<1 | 3> {
  const { portableDecoder } = await import('@selfcure/data/node');
  const stored = await table.load(0);
  const { channels } =
    stored.kind === 'pixels' ? stored.image : await portableDecoder().decode(stored.bytes, table.samples[0]!.place);
  return channels;
}
