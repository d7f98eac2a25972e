/** One entry of a folder. */
export interface FolderEntry {
  readonly name: string;
  /** `'outside'`: a link that leads out of the data folder; `'other'`: neither file nor folder, or a link to nothing. */
  readonly kind: 'file' | 'folder' | 'outside' | 'other';
}

/** Where a folder of data is on a disk, all links followed; plain data. */
export interface FolderLocation {
  /** What the caller named it. */
  readonly name: string;
  readonly root: string;
  /** Further folders that links inside may lead to. */
  readonly linksTo: readonly string[];
}

/**
 * A folder of data that readers read from, and nothing outside of it. Paths are relative, with `/` between their parts;
 * the empty path is the folder itself. `openFolder` of `@selfcure/data/node` opens one on a disk.
 */
export interface DataFolder {
  /** What the caller named it, for messages. */
  readonly name: string;
  /** Where it is, for folders on a disk: another thread opens the same one from it. */
  readonly location?: FolderLocation;
  /**
   * Entries of a folder inside, ascending by name in code units.
   *
   * @throws DataError where there is no such folder or the path leads out.
   */
  list(path: string): Promise<readonly FolderEntry[]>;
  /** Bytes of a file; undefined where there is none. */
  size(path: string): Promise<number | undefined>;
  /**
   * A whole file.
   *
   * @throws DataError where there is no such file, it is larger than `limit` bytes (default 64 MiB), or the path leads out.
   */
  read(path: string, limit?: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Bytes [start, end) of a file. */
  slice(path: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Records of a file with separated values, the header first. Rows are 1-based lines of the file's records.
   *
   * @throws DataError `malformed-csv` with file and row.
   */
  records(path: string, options?: RecordOptions): AsyncIterable<readonly string[]>;
}

/** How the records of a file are told apart. */
export interface RecordOptions {
  /** Default `','`. */
  readonly delimiter?: string;
  /** Whether quotation marks enclose fields. Default true. */
  readonly quotes?: boolean;
}

/** Names a file inside a folder for messages. */
export function placeOf(folder: DataFolder, path: string): string {
  return path === '' ? folder.name : `${folder.name}/${path}`;
}
