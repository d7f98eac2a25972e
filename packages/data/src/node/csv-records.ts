import type { Readable } from 'node:stream';

import { parse } from 'csv-parse';

import { DataError } from '../error/data-error.ts';
import type { RecordOptions } from '../folder/data-folder.ts';

/** Characters that one record may hold; a lost quotation mark must not collect a whole file. */
const longestRecord = 1 << 20;

/** Records of a stream of separated values; see {@link DataFolder.records}. Closes the stream when it is done. */
export async function* csvRecords(
  file: Readable,
  source: string,
  { delimiter = ',', quotes = true }: RecordOptions = {},
): AsyncGenerator<string[]> {
  const parser = file.pipe(
    parse({
      bom: true,
      delimiter,
      quote: quotes ? '"' : false,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: longestRecord,
    }),
  );
  file.once('error', (error) => parser.destroy(error));
  try {
    for await (const record of parser) yield record as string[];
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const row = (cause as { lines?: number }).lines;
    throw new DataError({
      code: 'malformed-csv',
      source,
      ...(row !== undefined && { row }),
      problem: cause instanceof Error ? cause.message.replace(/\.$/, '').slice(0, 300) : String(cause),
      remedy: 'Restore the file from its source; check that it was unpacked whole',
      cause,
    });
  } finally {
    file.destroy();
  }
}
