import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { type Platform, requirePlatform, thisPlatform } from '../native/platform.ts';
import { TensorFlowError } from '../native/tensorflow-error.ts';
import { npmPack } from './binding-sources.ts';
import { bindingPackage, wheelsFor } from './catalog.ts';
import { fetchWheel } from './fetch-wheel.ts';
import { noPip, requireSpace } from './library.ts';
import { pythons } from './python.ts';

/**
 * Fetches what `install --offline` takes from a folder: the wheels and the tarball of the binding's sources. Files that are
 * there stay.
 *
 * @returns their names.
 * @throws TensorFlowError
 */
export async function download(
  folder: string,
  options: {
    readonly gpu?: boolean | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly log?: (line: string) => void;
    readonly env?: NodeJS.ProcessEnv;
    readonly platform?: Platform;
  } = {},
): Promise<string[]> {
  const { gpu = false, signal, log = () => {}, env = process.env, platform = thisPlatform() } = options;
  requirePlatform(platform);
  const wheels = wheelsFor(platform.arch, gpu ? 'cuda' : 'cpu');
  if (wheels === null)
    throw new TensorFlowError(
      'UNSUPPORTED_PLATFORM',
      `There is no TensorFlow with CUDA for ${platform.arch}.`,
      'Leave --gpu out.',
    );
  await mkdir(folder, { recursive: true });
  const missing = wheels.filter(({ file }) => !existsSync(join(folder, file)));
  const all = missing.length === 0 ? [] : await pythons(env);
  const python = all.find(({ pip }) => pip !== null);
  if (missing.length > 0 && python === undefined) throw noPip(all);
  await requireSpace(
    folder,
    missing.map((wheel) => ({ ...wheel, unpacked: wheel.bytes })),
    true,
  );
  for (const wheel of wheels) {
    const there = existsSync(join(folder, wheel.file));
    log(`${wheel.file} (${(wheel.bytes / 1e6).toFixed(0)} MB)${there ? ', there already' : ''}`);
    if (there || python === undefined) await fetchWheel(wheel, { offline: folder }, signal);
    else await fetchWheel(wheel, { python, target: folder }, signal);
  }
  log(bindingPackage.tarball);
  if (!existsSync(join(folder, bindingPackage.tarball))) await npmPack(folder, env, signal);
  return [...wheels.map(({ file }) => file), bindingPackage.tarball];
}
