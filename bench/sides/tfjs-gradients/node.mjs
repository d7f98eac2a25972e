/**
 * The gradients of tfjs's operations. The package for Node leaves them out of `@tensorflow/tfjs-core`, whose modules hold them
 * in a form that bundlers read and Node does not; so they are bundled here.
 */
import { importBundled } from '../../bundled-module.mjs';

/** Registers the gradient of every operation; tfjs's registry is one for all copies of its code. */
export async function registerGradients() {
  await importBundled('tfjs-gradients', {
    stdin: {
      contents: "import '@tensorflow/tfjs-core/dist/register_all_gradients';",
      resolveDir: import.meta.dirname,
    },
  });
}
