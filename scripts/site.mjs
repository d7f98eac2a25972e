/**
 * `npm run site`: builds examples/browser as static files into examples/browser/dist, for any folder of any server.
 * `npm run site -- --base /folder/` names the folder; `--dev` serves the sources, `--preview` what was built, both with the
 * headers that threads need. Other arguments go to vite.
 */
import { ensureInstalled, run } from './workspaces.mjs';

const modes = new Map([
  ['--dev', []],
  ['--preview', ['preview']],
]);
const args = process.argv.slice(2);
const mode = args.find((argument) => modes.has(argument));
const rest = args.filter((argument) => argument !== mode);

ensureInstalled();
await import('./build-kernels.mjs');
process.exit(run('vite', [...(modes.get(mode) ?? ['build']), 'examples/browser', ...rest]).code);
