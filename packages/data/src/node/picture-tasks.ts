import pMap from 'p-map';

import type { DataFault } from '../error/data-error.ts';
import { DataError } from '../error/data-error.ts';
import type { ImageDecoder } from '../image/image.ts';
import { portableDecoder } from '../image/portable-decoder.ts';
import { datasetReaders } from '../reader/recognize-layout.ts';
import { makePicture } from '../table/picture-making.ts';
import type { PictureOrder, PictureRequest } from '../table/picture-pool.ts';
import type { StoredImage, TableOrigin } from '../table/sample-table.ts';
import { folderAt } from './open-folder.ts';
import type { PictureStore } from './picture-store.ts';
import { pictureStore } from './picture-store.ts';
import { sharpDecoder } from './sharp-decoder.ts';

/** Decoders that a thread can make for itself. */
export const decoderNames = ['portable', 'sharp'] as const;

/** Pictures that one thread is to make; plain data. */
export interface PictureTask extends PictureOrder {
  readonly decoder: (typeof decoderNames)[number];
  /** Folder of finished pictures; null for none. */
  readonly store: string | null;
}

/** The pictures, or what was wrong with the first that could not be made: errors do not keep their class between threads. */
export type PictureResult = { readonly pixels: Uint8Array<ArrayBuffer> } | { readonly fault: DataFault };

type Load = (picture: PictureRequest) => Promise<StoredImage>;

/** Pictures under way at once in a thread: one is decoded while others are read. */
const width = 4;

/** Makes pictures of tables; what was opened once, as the footers of Parquet files, is kept. */
export function pictureTasks(): (task: PictureTask) => Promise<PictureResult> {
  const kept = new Map<string, Promise<unknown>>();
  const once = <T>(key: unknown, open: () => Promise<T>): Promise<T> => {
    const name = JSON.stringify(key);
    const known = kept.get(name) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const opened = open();
    kept.set(name, opened);
    opened.catch(() => kept.delete(name));
    return opened;
  };
  return async ({ origin, making, pictures, decoder: named, store: folder }) => {
    try {
      const load = await once(origin, () => openOrigin(origin));
      const decoder = await once(named, async () => (named === 'sharp' ? sharpDecoder() : portableDecoder()));
      const store = folder === null ? null : pictureStore(folder);
      const area = making.height * making.width * making.channels;
      const pixels = new Uint8Array(pictures.length * area);
      const faults = await pMap(
        pictures,
        async (picture, i) => {
          try {
            const make = async (stored: StoredImage): Promise<Uint8Array> =>
              makePicture(stored, picture.place, decoder, making, { crop: picture.crop });
            pixels.set(await found(store, { load, make, decoder, making, picture, area }), i * area);
            return undefined;
          } catch (error) {
            return faultOf(error);
          }
        },
        { concurrency: width },
      );
      const fault = faults.find((one) => one !== undefined);
      return fault === undefined ? { pixels } : { fault };
    } catch (error) {
      return { fault: faultOf(error) };
    }
  };
}

/** A picture from the store, or made and stored. */
async function found(
  store: PictureStore | null,
  work: {
    readonly load: Load;
    readonly make: (stored: StoredImage) => Promise<Uint8Array>;
    readonly decoder: ImageDecoder;
    readonly making: PictureTask['making'];
    readonly picture: PictureRequest;
    readonly area: number;
  },
): Promise<Uint8Array> {
  const { load, make, decoder, making, picture, area } = work;
  const stored = await load(picture);
  if (store === null || stored.kind === 'pixels') return make(stored);
  const key = store.key(stored.bytes, { decoder: decoder.name, ...making, crop: picture.crop ?? null });
  const known = await store.find(key, area);
  if (known !== undefined) return known;
  const pixels = await make(stored);
  await store.add(key, pixels);
  return pixels;
}

async function openOrigin({ folder: location, reader }: TableOrigin): Promise<Load> {
  const folder = folderAt(location);
  if (reader === null) return async ({ place }) => ({ kind: 'file', bytes: await folder.read(place) });
  const table = await datasetReaders.find(({ name }) => name === reader.name)!.read(folder, reader.options);
  return ({ row }) => table.load(row);
}

/** A DataError as plain data. What is none is a fault of this package or of a decoder, and is thrown on. */
function faultOf(error: unknown): DataFault {
  if (!(error instanceof DataError)) throw error;
  const { code, problem, remedy, source, row, cause } = error;
  return {
    code,
    problem,
    remedy,
    ...(source !== undefined && { source }),
    ...(row !== undefined && { row }),
    // Another thread takes only plain errors.
    ...(cause instanceof Error && { cause: new Error(cause.message) }),
  };
}
