/**
 * The program of the threads of `picturePool`; not to be imported.
 *
 * @module
 */
import { Tinypool } from 'tinypool';
import type { PictureTask } from './picture-tasks.ts';
import { pictureTasks } from './picture-tasks.ts';

const make = pictureTasks();

/** Makes the pictures of one task; their memory is handed over and not copied. */
export async function makePictures(task: PictureTask): Promise<unknown> {
  const result = await make(task);
  if ('fault' in result) return result;
  return Tinypool.move({
    [Tinypool.transferableSymbol]: result.pixels.buffer,
    [Tinypool.valueSymbol]: result,
  } as never);
}
