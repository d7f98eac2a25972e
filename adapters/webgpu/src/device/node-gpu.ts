import { WebGpuError } from '../errors.ts';

/** What is used of the package `webgpu`. */
interface NodePackage {
  create(options: readonly string[]): GPU;
}

/** One for the process, and for good: Dawn crashes where it is collected before the devices that came from it. */
let instance: GPU | null = null;

/** WebGPU of the package `webgpu` (Dawn) in Node; null elsewhere. A variable, so that bundlers for browsers leave it alone. */
export async function nodeGpu(): Promise<GPU | null> {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  if (!process?.versions?.node) return null;
  if (instance) return instance;
  const name = 'webgpu';
  let loaded: NodePackage;
  try {
    loaded = (await import(/* @vite-ignore */ name)) as NodePackage;
  } catch (cause) {
    throw new WebGpuError(
      `Node has no WebGPU of its own, and the package '${name}' did not load. Install '${name}' 0.6`,
      { cause },
    );
  }
  return (instance ??= loaded.create([]));
}
