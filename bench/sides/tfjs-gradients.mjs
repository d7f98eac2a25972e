/**
 * The gradients of tfjs's operations. The package for Node leaves them out of `@tensorflow/tfjs-core`, whose modules hold them
 * in a form that bundlers read and Node does not; so they are bundled here.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from '../../scripts/workspaces.mjs';

/** Registers the gradient of every operation; tfjs's registry is one for all copies of its code. */
export async function registerGradients() {
  const outfile = join(root, 'node_modules', '.cache', 'selfcure', 'bench', 'tfjs-gradients.mjs');
  await build({
    stdin: {
      contents: "import '@tensorflow/tfjs-core/dist/register_all_gradients';",
      resolveDir: import.meta.dirname,
    },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  });
  await import(pathToFileURL(outfile).href);
}
