/** The gradients of tfjs's operations, in a bundle for a page. */
import '@tensorflow/tfjs-core/dist/register_all_gradients';

/** The import has registered them. */
export async function registerGradients() {}
