/** `npm test`: installs what is missing in a fresh clone, then runs vitest with whatever arguments were given. */
import { ensureInstalled, run } from './workspaces.mjs';

ensureInstalled();
await import('./build-kernels.mjs');
process.exit(run('vitest', ['run', ...process.argv.slice(2)]).code);
