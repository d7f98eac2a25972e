import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where decoded pictures and features are kept unless `--cache` names a folder: `$XDG_CACHE_HOME/selfcure`, or `~/.cache/selfcure`. */
export function cacheFolder(environment: NodeJS.ProcessEnv): string {
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'selfcure');
}
