import { readFileSync } from 'node:fs';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LibraryBuild } from '../native/location.ts';
import type { Platform } from '../native/platform.ts';
import { TensorFlowError } from '../native/tensorflow-error.ts';
import { isNeeded, tensorflowVersion, type Wheel, wheelsFor } from './catalog.ts';
import { fetchWheel, noPipRemedy, type WheelSource } from './fetch-wheel.ts';
import { libraryBuild, type Python, pythons, unusableLibrary } from './python.ts';
import { unpackWheel } from './unpack-wheel.ts';
import { commit, workFolder } from './work-folder.ts';

/** Libraries and headers to compile for. */
export interface Library {
  readonly folder: string;
  readonly build: LibraryBuild;
}

/** Where an install takes the libraries from: they are there, or are unpacked of wheels. */
export type LibraryPlan =
  | (Library & { readonly wheels: null })
  | (Library & {
      readonly wheels: readonly Wheel[];
      readonly target: string;
      readonly offline: string | null;
      readonly python: Python | null;
    });

/**
 * Decides where the libraries come from: `tf`, the cache, the TensorFlow of a Python, wheels. Fetches nothing, and looks
 * at everything that fetching needs.
 *
 * @throws TensorFlowError UNSUPPORTED_PLATFORM, NO_PIP or NO_SPACE.
 */
export async function planLibrary(options: {
  readonly gpu: boolean;
  readonly tf: string | undefined;
  readonly offline: string | undefined;
  readonly cache: string;
  readonly platform: Platform;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}): Promise<LibraryPlan> {
  const { gpu, tf, offline, cache, platform, env, log } = options;
  if (tf !== undefined) return { folder: tf, build: libraryBuild(tf), wheels: null };

  const build = gpu ? 'cuda' : 'cpu';
  const wheels = wheelsFor(platform.arch, build);
  const target = join(cache, 'library', `${tensorflowVersion}-${build}`);
  const folder = join(target, 'tensorflow');
  if (wheels !== null && isComplete(target, wheels)) {
    log(`TensorFlow: ${folder}, fetched before`);
    return { folder, build, wheels: null };
  }
  const all = offline === undefined ? await pythons(env) : [];
  for (const { command, version, tensorflow } of all) {
    if (tensorflow === null) continue;
    const found = libraryBuild(tensorflow);
    const why = unusableLibrary(tensorflow) ?? (gpu && found !== 'cuda' ? 'it is built without CUDA' : null);
    log(`TensorFlow of ${command} ${version}: ${tensorflow}${why === null ? '' : `, not used: ${why}`}`);
    if (why === null) return { folder: tensorflow, build: found, wheels: null };
  }
  if (wheels === null) {
    throw new TensorFlowError(
      'UNSUPPORTED_PLATFORM',
      `There is no TensorFlow with CUDA to fetch for ${platform.os} on ${platform.arch}.`,
      'Install one yourself and name it with --tf DIR, or install the CPU build.',
    );
  }
  const python = all.find(({ pip }) => pip !== null) ?? null;
  if (offline === undefined && python === null) throw noPip(all);
  await mkdir(cache, { recursive: true });
  await requireSpace(cache, wheels, offline !== undefined);
  return { folder, build, wheels, target, offline: offline ?? null, python };
}

/** The error of a machine on which nothing can fetch a wheel. */
export function noPip(all: readonly Python[]): TensorFlowError {
  const commands = all.map(({ command }) => command);
  const message =
    commands.length === 0
      ? 'No Python was found, whose pip fetches TensorFlow.'
      : `${commands.join(' and ')} ${commands.length === 1 ? 'has' : 'have'} no pip.`;
  return new TensorFlowError('NO_PIP', message, noPipRemedy);
}

/**
 * Makes the libraries of a plan. Wheels are fetched, verified, unpacked and deleted one after the other in a work folder,
 * which is renamed into place when it is complete.
 */
export async function obtainLibrary(
  plan: LibraryPlan,
  options: { readonly cache: string; readonly signal?: AbortSignal | undefined; readonly log: (line: string) => void },
): Promise<Library> {
  const { folder, build, wheels } = plan;
  if (wheels === null) return { folder, build };
  const { cache, signal, log } = options;
  const work = await workFolder(cache);
  const from = sourceOf(plan, work);
  try {
    for (const wheel of wheels) {
      const how = 'offline' in from ? 'taking' : `fetching with pip ${from.python.pip}:`;
      log(`${how} ${wheel.name} ${wheel.version} (${(wheel.bytes / 1e6).toFixed(0)} MB)`);
      const { path, temporary } = await fetchWheel(wheel, from, signal);
      await unpackWheel(path, work, isNeeded, signal);
      if (temporary) await rm(path);
    }
    const list = wheels.map(({ name, version, sha256 }) => ({ name, version, sha256 }));
    await writeFile(join(work, 'library.json'), `${JSON.stringify({ build, wheels: list }, null, 2)}\n`);
    await commit(work, plan.target, (path) => isComplete(path, wheels));
    return { folder, build };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function sourceOf({ offline, python }: LibraryPlan & { wheels: readonly Wheel[] }, target: string): WheelSource {
  if (offline !== null) return { offline };
  if (python === null) throw noPip([]);
  return { python, target };
}

/** Whether a folder of libraries is one that an install finished, from these wheels. */
function isComplete(path: string, wheels: readonly Wheel[]): boolean {
  if (unusableLibrary(join(path, 'tensorflow')) !== null) return false;
  try {
    const record = JSON.parse(readFileSync(join(path, 'library.json'), 'utf8')) as { wheels: { sha256: string }[] };
    return wheels.every(({ sha256 }) => record.wheels.some((wheel) => wheel.sha256 === sha256));
  } catch {
    return false;
  }
}

/** Throws NO_SPACE where a disk cannot take what is unpacked and, unless the wheels are at hand, the largest beside it. */
export async function requireSpace(folder: string, wheels: readonly Wheel[], offline: boolean): Promise<void> {
  const largest = offline ? 0 : Math.max(...wheels.map(({ bytes }) => bytes));
  const needed = wheels.reduce((sum, { unpacked }) => sum + unpacked, largest) + 10e6;
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= needed) return;
  throw new TensorFlowError(
    'NO_SPACE',
    `${folder} has ${((bavail * bsize) / 1e9).toFixed(1)} GB free, TensorFlow takes ${(needed / 1e9).toFixed(1)} GB.`,
    'Free space, or put the cache elsewhere with SELFCURE_CACHE.',
  );
}
