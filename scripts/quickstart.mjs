/** `npm run quickstart`: from a fresh clone to a trained model, in one command. */
import { ensureInstalled, orExit, run } from './workspaces.mjs';

ensureInstalled();
orExit(run('node', ['scripts/build.mjs']));
process.exit(run('node', ['scripts/run-example.mjs', 'quickstart', ...process.argv.slice(2)]).code);
