import { DataError } from '../error/data-error.ts';
import { isImageName } from '../image/format.ts';
import type { DataFolder, FolderEntry } from './data-folder.ts';
import { placeOf } from './data-folder.ts';

/** A data folder whose listings are read once, and in which names are found whatever their capitals. */
export interface FolderIndex {
  readonly folder: DataFolder;
  /** Entries of a folder; none where there is no such folder. Hidden ones (`.DS_Store`, `._x`) are left out. */
  list(path: string): Promise<readonly FolderEntry[]>;
  /** The entry with that name, or, failing it, the one that differs in capitals alone. */
  entry(path: string, name: string): Promise<FolderEntry | undefined>;
  /**
   * A path as the folder spells it, found part by part whatever the capitals; undefined where there is none of that kind.
   *
   * @throws DataError `outside-folder` where a part is a link that leads out.
   */
  find(path: string, kind: 'file' | 'folder'): Promise<string | undefined>;
  /** The first of several paths that is there. */
  findFirst(paths: readonly string[], kind: 'file' | 'folder'): Promise<string | undefined>;
  /** Names of the folders in a folder. */
  folders(path: string): Promise<readonly string[]>;
  /**
   * Names of the pictures in a folder, by their endings.
   *
   * @throws DataError `outside-folder` where one is a link that leads out.
   */
  images(path: string): Promise<readonly string[]>;
}

/** Joins two relative paths. */
export const joinPath = (path: string, name: string): string => (path === '' ? name : `${path}/${name}`);

interface Listing {
  readonly entries: readonly FolderEntry[];
  readonly byName: ReadonlyMap<string, FolderEntry>;
  readonly byLowerName: ReadonlyMap<string, FolderEntry>;
}

const nothing: Listing = { entries: [], byName: new Map(), byLowerName: new Map() };

/** Refuses a link that leads out of the data. */
export function outsideFolder(folder: DataFolder, path: string): DataError {
  return new DataError({
    code: 'outside-folder',
    source: placeOf(folder, path),
    problem: 'it is a link that leads out of the data folder',
    remedy: 'Copy what it points to into the folder, or name the place in `linksTo` when you open the folder',
  });
}

/** Listings of a folder, kept as long as the index is. */
export function folderIndex(folder: DataFolder): FolderIndex {
  const listings = new Map<string, Promise<Listing>>();
  const read = async (path: string): Promise<Listing> => {
    let all: readonly FolderEntry[];
    try {
      all = await folder.list(path);
    } catch (error) {
      if (error instanceof DataError && error.code === 'missing-file') return nothing;
      throw error;
    }
    const entries = all.filter(({ name }) => !name.startsWith('.'));
    const byLowerName = new Map<string, FolderEntry>();
    for (const entry of entries) {
      const lower = entry.name.toLowerCase();
      if (!byLowerName.has(lower)) byLowerName.set(lower, entry);
    }
    return { entries, byName: new Map(entries.map((entry) => [entry.name, entry])), byLowerName };
  };
  const listing = (path: string): Promise<Listing> => {
    let known = listings.get(path);
    if (known === undefined) listings.set(path, (known = read(path)));
    return known;
  };
  const index: FolderIndex = {
    folder,
    list: async (path) => (await listing(path)).entries,
    async entry(path, name) {
      const { byName, byLowerName } = await listing(path);
      return byName.get(name) ?? byLowerName.get(name.toLowerCase());
    },
    async find(path, kind) {
      if (path === '') return kind === 'folder' ? '' : undefined;
      let found = '';
      const parts = path.split('/');
      for (const [i, part] of parts.entries()) {
        const entry = await index.entry(found, part);
        if (entry === undefined) return undefined;
        found = joinPath(found, entry.name);
        if (entry.kind === 'outside') throw outsideFolder(folder, found);
        if (entry.kind !== (i < parts.length - 1 ? 'folder' : kind)) return undefined;
      }
      return found;
    },
    async findFirst(paths, kind) {
      for (const path of paths) {
        const found = await index.find(path, kind);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    folders: async (path) =>
      (await listing(path)).entries.filter(({ kind }) => kind === 'folder').map(({ name }) => name),
    async images(path) {
      const { entries } = await listing(path);
      return entries
        .filter(({ name, kind }) => {
          if (!isImageName(name)) return false;
          if (kind === 'outside') throw outsideFolder(folder, joinPath(path, name));
          return kind === 'file';
        })
        .map(({ name }) => name);
    },
  };
  return index;
}
