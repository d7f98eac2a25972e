import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where decoded pictures and features are kept unless `--cache` names a folder: `$XDG_CACHE_HOME/selfcure`, or `~/.cache/selfcure`. */
export function cacheFolder(environment: NodeJS.ProcessEnv): string {
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'selfcure');
}

/** Where the table of a copy of FER2013 is kept for the runs of an experiment, which each read it. */
export function ferCacheFile(folder: string, environment: NodeJS.ProcessEnv): string {
  const copy = createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 16);
  return join(cacheFolder(environment), `fer2013-${copy}.safetensors`);
}
