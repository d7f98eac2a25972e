import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { LibraryBuild } from './location.ts';

/** Where `selfcure-tensorflow install` puts things: `SELFCURE_CACHE`, else `XDG_CACHE_HOME/selfcure`, else `~/.cache/selfcure`. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['SELFCURE_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'selfcure');
  return join(base, 'tensorflow');
}

/** What the installer writes beside a binding, as `build.json`. */
export interface BuildRecord {
  /** TensorFlow's version as the library tells it. */
  readonly tensorflow: string;
  readonly build: LibraryBuild;
  /** Folder of the libraries; relative to the binding's folder where both are in the cache. */
  readonly library: string;
  /** Version of the sources: a binding of other sources is built anew, not used. */
  readonly sources: string;
  /** Command that compiled it. */
  readonly compiler: string;
}

/** A binding in the cache. */
export interface CachedBuild {
  readonly folder: string;
  readonly record: BuildRecord;
}

/** File names of a binding and its record. */
export const bindingFile = 'selfcure_tensorflow.node';
export const recordFile = 'build.json';

/** Bindings of the cache, by name of their folder. A folder without a readable record is left out. */
export function cachedBuilds(cache: string): CachedBuild[] {
  let names: string[];
  try {
    names = readdirSync(join(cache, 'binding')).sort();
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const folder = join(cache, 'binding', name);
    try {
      return [{ folder, record: JSON.parse(readFileSync(join(folder, recordFile), 'utf8')) as BuildRecord }];
    } catch {
      return [];
    }
  });
}
