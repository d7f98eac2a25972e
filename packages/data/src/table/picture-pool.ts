import type { CropBox } from '../image/crop.ts';
import type { PictureMaking } from './picture-making.ts';
import type { TableOrigin } from './sample-table.ts';

/** One picture of a table. */
export interface PictureRequest {
  /** Index into the table's samples. */
  readonly row: number;
  /** {@link Sample.place}. */
  readonly place: string;
  readonly crop?: CropBox;
}

/** Pictures that are wanted of a table; plain data. */
export interface PictureOrder {
  readonly origin: TableOrigin;
  readonly making: PictureMaking;
  readonly pictures: readonly PictureRequest[];
}

/**
 * Makes pictures of a table elsewhere than in the thread that asks; `picturePool` of `@selfcure/data/node` opens one. Several data sets may share it.
 */
export interface PicturePool {
  /** Threads beside the one that asks; 0 where pictures are made in that one. */
  readonly threads: number;
  /** Name of the decoder. */
  readonly decoder: string;
  /**
   * Starts at once, before it returns: threads work on while the caller computes.
   *
   * @returns the pictures in the order of the request, one after another.
   * @throws DataError of the first picture that cannot be made; `lost-thread` where a thread has ended; `closed`.
   */
  make(order: PictureOrder): Promise<Uint8Array>;
  /** Ends the threads. Those that nobody closes keep no process alive. */
  close(): Promise<void>;
}
