import type { AsyncBuffer, FileMetaData, SchemaElement, SchemaTree } from 'hyparquet';
import { parquetMetadata, parquetReadObjects, parquetSchema } from 'hyparquet';

import { DataError } from '../error/data-error.ts';
import type { DataFolder } from '../folder/data-folder.ts';
import { placeOf } from '../folder/data-folder.ts';
import { checkPages, inflatePage } from './pages.ts';
import { readThrift } from './thrift.ts';

/** Bytes of the footer, of one column of one row group, and rows of a row group that are read. */
const greatestFooter = 1 << 26;
const greatestChunk = 1 << 30;
const greatestGroup = 1 << 22;

/** A Parquet file of which single columns of single row groups can be read. */
export interface ParquetFile {
  /** Names the file for messages. */
  readonly source: string;
  readonly rows: number;
  /** First row of every row group, and, last, the number of rows. */
  readonly groupStarts: readonly number[];
  /** Top-level columns. */
  readonly columns: readonly ParquetColumn[];
  /** Text that the writer left in the footer, by key. */
  readonly notes: ReadonlyMap<string, string>;
  /**
   * Values of one top-level column in one row group; of a struct, objects.
   *
   * @throws DataError `malformed-parquet`.
   */
  read(group: number, column: string): Promise<readonly unknown[]>;
}

/** A top-level column. */
export interface ParquetColumn {
  readonly name: string;
  readonly kind: 'text' | 'bytes' | 'number' | 'struct' | 'other';
  /** Names of the parts of a struct. */
  readonly parts: readonly string[];
}

function malformed(source: string, problem: string, cause?: unknown): DataError {
  return new DataError({
    code: 'malformed-parquet',
    source,
    problem: problem.slice(0, 300),
    remedy:
      'Restore the file from its source, or write it again with SNAPPY or no compression and plain or dictionary encoding',
    cause,
  });
}

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/**
 * Opens a Parquet file: reads and checks its footer.
 *
 * @throws DataError `malformed-parquet` where it is damaged, `too-large` where its row groups are larger than is read.
 */
export async function openParquet(folder: DataFolder, path: string): Promise<ParquetFile> {
  const source = placeOf(folder, path);
  const length = (await folder.size(path)) ?? 0;
  const end = await folder.slice(path, Math.max(0, length - 8), length);
  const tail = new DataView(end.buffer);
  if (length < 12 || tail.getUint32(4, true) !== 0x31524150)
    throw malformed(source, 'it does not end with PAR1: it is cut off, encrypted, or no Parquet file');
  const footer = tail.getUint32(0, true);
  if (footer > length - 12 || footer > greatestFooter)
    throw malformed(source, `its footer should have ${footer} bytes; the file has ${length}`);
  const bytes = await folder.slice(path, length - 8 - footer, length);
  let metadata: FileMetaData;
  let schema: SchemaTree;
  try {
    readThrift(new DataView(bytes.buffer), 0, footer);
    metadata = parquetMetadata(bytes, { geoparquet: false });
    checkNames(metadata);
    schema = parquetSchema(metadata);
  } catch (cause) {
    throw malformed(source, `its footer is damaged: ${textOf(cause)}`, cause);
  }
  const groupStarts = [0];
  for (const [i, group] of metadata.row_groups.entries()) {
    const rows = Number(group.num_rows);
    if (!Number.isSafeInteger(rows) || rows < 0) throw malformed(source, `row group ${i + 1} says it has ${rows} rows`);
    if (rows > greatestGroup) {
      throw new DataError({
        code: 'too-large',
        source,
        problem: `row group ${i + 1} has ${rows} rows; ${greatestGroup} are the most that are read`,
        remedy: 'Write the file again with smaller row groups',
      });
    }
    groupStarts.push(groupStarts.at(-1)! + rows);
  }
  const rows = groupStarts.at(-1)!;
  if (rows !== Number(metadata.num_rows))
    throw malformed(source, `its row groups have ${rows} rows, and it says ${metadata.num_rows}`);

  const chunkOf = (range: { readonly start: number; readonly end: number }): Promise<Uint8Array<ArrayBuffer>> =>
    folder.slice(path, range.start, range.end);
  const file: AsyncBuffer = {
    byteLength: length,
    slice: async (start, stop = length) => (await folder.slice(path, start, stop)).buffer,
  };

  async function read(group: number, column: string): Promise<readonly unknown[]> {
    const { columns, num_rows: count } = metadata.row_groups[group]!;
    const leaves = columns.flatMap(({ meta_data: facts }) => (facts?.path_in_schema[0] === column ? [facts] : []));
    if (leaves.length === 0) throw malformed(source, `row group ${group + 1} lacks the column ${column}`);
    const place = `column ${column} of row group ${group + 1}`;
    for (const leaf of leaves) {
      const first = Number(leaf.dictionary_page_offset ?? leaf.data_page_offset);
      const start = first > 0 ? Math.min(first, Number(leaf.data_page_offset)) : Number(leaf.data_page_offset);
      const size = Number(leaf.total_compressed_size);
      if (!(start >= 4 && size >= 0 && start + size <= length - 8))
        throw malformed(source, `${place} lies outside of the file`);
      if (size > greatestChunk) {
        throw new DataError({
          code: 'too-large',
          source,
          problem: `${place} has ${size} bytes; ${greatestChunk} are the most that are read`,
          remedy: 'Write the file again with smaller row groups',
        });
      }
      try {
        const levels = definitionLevels(schema, leaf.path_in_schema);
        checkPages(await chunkOf({ start, end: start + size }), {
          codec: leaf.codec,
          maxDefinition: levels,
          rows: Number(count),
        });
      } catch (cause) {
        if (cause instanceof DataError) throw cause;
        throw malformed(source, `${place}: ${textOf(cause)}`, cause);
      }
    }
    try {
      const objects = await parquetReadObjects({
        file,
        metadata,
        columns: [column],
        rowStart: groupStarts[group]!,
        rowEnd: groupStarts[group + 1]!,
        utf8: false,
        compressors: {
          SNAPPY: (input, size) => inflatePage(input, size, 'SNAPPY'),
          GZIP: (input, size) => inflatePage(input, size, 'GZIP'),
        },
      });
      if (objects.length !== Number(count)) throw new Error(`${objects.length} values where ${count} belong`);
      return objects.map((row) => (row as Record<string, unknown>)[column]);
    } catch (cause) {
      throw malformed(source, `${place}: ${textOf(cause)}`, cause);
    }
  }

  return {
    source,
    rows,
    groupStarts,
    columns: schema.children.map(({ element, children }) => ({
      name: element.name,
      kind: children.length > 0 ? (element.repetition_type === 'REPEATED' ? 'other' : 'struct') : kindOf(element),
      parts: children.map((child) => child.element.name),
    })),
    notes: new Map((metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? ''])),
    read,
  };
}

/** Refuses a footer in which a column has no name: hyparquet takes fields that are absent for what they should be. */
function checkNames({ schema, row_groups: groups, key_value_metadata: notes = [] }: FileMetaData): void {
  const isText = (value: unknown): boolean => typeof value === 'string';
  if (!schema.every(({ name }) => isText(name))) throw new Error('a column has no name');
  if (!notes.every(({ key }) => isText(key))) throw new Error('a note has no key');
  for (const [i, { columns }] of groups.entries()) {
    if (!columns.every(({ meta_data: facts }) => facts?.path_in_schema.every(isText) === true))
      throw new Error(`a column of row group ${i + 1} has no name`);
  }
}

function kindOf({
  type,
  converted_type: converted,
  logical_type: logical,
  repetition_type: repetition,
}: SchemaElement): ParquetColumn['kind'] {
  if (repetition === 'REPEATED') return 'other';
  if (type === 'BYTE_ARRAY') return converted === 'UTF8' || logical?.type === 'STRING' ? 'text' : 'bytes';
  if (type === 'INT32' || type === 'INT64') return 'number';
  return 'other';
}

/** Greatest definition level of a column; throws for lists, of which rows hold any number of values. */
function definitionLevels(schema: SchemaTree, path: readonly string[]): number {
  let node = schema;
  let levels = 0;
  for (const name of path) {
    const next = node.children.find((child) => child.element.name === name);
    if (next === undefined) throw new Error(`the schema has no ${path.join('.')}`);
    if (next.element.repetition_type === 'REPEATED') throw new Error('lists are not read');
    if (next.element.repetition_type !== 'REQUIRED') levels++;
    node = next;
  }
  return levels;
}
