import { DataError } from '@selfcure/data';
import { centreSquare, resizeImage, withChannels } from '@selfcure/data/node';
import type { DecodedImage, ImageDecoder, SampleTable } from '@selfcure/data/node';
import type { ContactSheet } from '@selfcure/report';

/** Side of a thumbnail in pixels. */
const side = 72;

/**
 * Some pictures of every class, spread evenly over the samples, one sheet a class. Damaged ones are left out: the report
 * lists them.
 *
 * @param perClass pictures of each class.
 */
export async function contactSheets(
  table: SampleTable,
  decoder: ImageDecoder,
  perClass: number,
): Promise<ContactSheet[]> {
  const sheets: ContactSheet[] = [];
  for (const [label, name] of table.classes.entries()) {
    const ids = table.samples.flatMap((sample, id) => (sample.label === label ? [id] : []));
    const count = Math.min(perClass, ids.length);
    const chosen = Array.from({ length: count }, (_, i) => ids[Math.floor((i * ids.length) / count)]!);
    const pictures: DecodedImage[] = [];
    for (const id of chosen) {
      const picture = await readable(table, decoder, id);
      if (picture) pictures.push(thumbnail(picture));
    }
    if (pictures.length > 0) sheets.push({ caption: `${name}: ${pictures.length} of ${ids.length}`, pictures });
  }
  return sheets;
}

/** A thumbnail: the middle square, in colour. */
export const thumbnail = (image: DecodedImage): DecodedImage =>
  resizeImage(withChannels(centreSquare(image), 3), { width: side, height: side });

async function readable(table: SampleTable, decoder: ImageDecoder, id: number): Promise<DecodedImage | null> {
  try {
    const stored = await table.load(id);
    return stored.kind === 'pixels' ? stored.image : await decoder.decode(stored.bytes, table.samples[id]!.place);
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
}
