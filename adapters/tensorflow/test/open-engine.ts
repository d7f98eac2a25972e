import { tensorflow } from '@selfcure/tensorflow';
import type { TensorFlowOptions } from '@selfcure/tensorflow';
import type { Backend } from '@selfcure/tensor';

/** An engine on the processor. */
export async function openEngine(options: TensorFlowOptions = {}): Promise<Backend> {
  return tensorflow({ device: 'cpu', ...options });
}

/** Why TensorFlow cannot be opened here; null where it can. */
export async function whyNoEngine(): Promise<string | null> {
  try {
    await (await openEngine()).close();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
