import { existsSync, readFileSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { bindingFile, cachedBuilds, cacheFolder, type CachedBuild } from './cache.ts';
import { describeGpu, gpuFacts } from './gpu-facts.ts';
import type { DeviceChoice, GpuFacts, LibraryBuild, Located, SearchStep } from './location.ts';
import { thisPlatform, unsupported, type Platform } from './platform.ts';
import { sourcesVersion } from './sources-version.ts';
import { TensorFlowError } from './tensorflow-error.ts';

/** What is searched. Everything but `library` and `device` stands for the machine and has its value by default. */
export interface LocateOptions {
  /** A `.node` file, a folder that holds one, or a TensorFlow folder that `install --tf` was given. Nothing else is tried. */
  readonly library?: string | undefined;
  /** A build without CUDA is no candidate for `cuda`. Default `auto`. */
  readonly device?: DeviceChoice | undefined;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly platform?: Platform;
  readonly gpu?: GpuFacts;
  /** Folders whose `node_modules` are searched for tfjs-node, in order. */
  readonly modulesFrom?: readonly string[];
}

/** Names of the libraries in the TensorFlow wheel. */
export const libraryFiles = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;

const installCommand = (gpu: boolean): string => `npx selfcure-tensorflow install${gpu ? ' --gpu' : ''}`;

/**
 * Finds a binding to TensorFlow: the option `library`, SELFCURE_TF_BINDING, SELFCURE_TF_DIR, an installed tfjs-node-gpu or
 * tfjs-node with its binary, the build of `selfcure-tensorflow install`, in this order. Loads nothing.
 *
 * An explicit path that cannot be used is an error; nothing else is tried then.
 *
 * @throws TensorFlowError NOT_FOUND, BAD_PATH or UNSUPPORTED_PLATFORM, with every step of the search.
 */
export function locate(options: LocateOptions = {}): Located {
  const { device = 'auto', env = process.env, cwd = process.cwd() } = options;
  const platform = options.platform ?? thisPlatform();
  const gpu = options.gpu ?? gpuFacts(env);
  const steps: SearchStep[] = [];
  const cache = cacheFolder(env);

  const explicit = [
    { what: 'option library', path: options.library },
    { what: 'SELFCURE_TF_BINDING', path: env['SELFCURE_TF_BINDING'] },
    { what: 'SELFCURE_TF_DIR', path: env['SELFCURE_TF_DIR'] },
  ];
  for (const { what, path } of explicit) {
    if (path === undefined || path === '') {
      steps.push({ what, where: null, found: false, why: 'not set' });
      continue;
    }
    const where = resolve(cwd, path);
    const result = atPath(where, cache);
    steps.push({ what, where, found: 'binding' in result, why: result.why });
    if ('binding' in result) return { ...result, steps, gpu };
    throw new TensorFlowError('BAD_PATH', `${what} names ${where}: ${result.why}.`, result.remedy, { steps });
  }

  const modulesFrom = options.modulesFrom ?? [join(cwd, 'package.json'), import.meta.url];
  for (const name of ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']) {
    const result = stockPackage(name, modulesFrom, device);
    steps.push({ what: name, where: result.where, found: result.binding !== null, why: result.why });
    if (result.binding !== null)
      return { binding: result.binding, kind: 'stock', build: result.build, library: null, steps, gpu };
  }

  const own = ownBuild(cache, device, gpu);
  steps.push({ what: 'own build', where: own.where, found: own.build !== null, why: own.why });
  if (own.build !== null) {
    return {
      binding: join(own.build.folder, bindingFile),
      kind: 'own',
      build: own.build.record.build,
      library: own.build.library,
      steps,
      gpu,
    };
  }
  const why = unsupported(platform);
  if (why !== null) {
    throw new TensorFlowError(
      'UNSUPPORTED_PLATFORM',
      `There is no TensorFlow for this system: ${why}.`,
      'Use @selfcure/wasm or @selfcure/webgpu here, or name a binding with SELFCURE_TF_BINDING.',
      { steps },
    );
  }
  const looked = steps.map(
    ({ what, where, why: reason }) => `\n  ${what}${where === null ? '' : ` (${where})`}: ${reason}`,
  );
  throw new TensorFlowError(
    'NOT_FOUND',
    device === 'cuda'
      ? `No TensorFlow with CUDA was found:${looked.join('')}\n  this machine: ${describeGpu(gpu)}\n`
      : `No TensorFlow was found:${looked.join('')}\n`,
    `Run \`${installCommand(device === 'cuda')}\`.`,
    { steps },
  );
}

type AtPath =
  | (Pick<Located, 'binding' | 'kind' | 'build' | 'library'> & { readonly why: string })
  | { readonly why: string; readonly remedy: string };

/** What an explicit path holds. */
function atPath(path: string, cache: string): AtPath {
  const remedy = 'Name a .node file, a folder that holds one, or a folder with the TensorFlow libraries.';
  if (!existsSync(path)) return { why: 'it does not exist', remedy };
  if (statSync(path).isFile()) {
    if (!path.endsWith('.node')) return { why: 'it is not a .node file', remedy };
    return { binding: path, kind: kindOf(path), build: 'unknown', library: null, why: 'a binding' };
  }
  for (const name of [bindingFile, 'tfjs_binding.node']) {
    const binding = join(path, name);
    if (existsSync(binding))
      return { binding, kind: kindOf(binding), build: 'unknown', library: null, why: `holds ${name}` };
  }
  if (!libraryFiles.every((name) => existsSync(join(path, name))))
    return { why: `it holds neither ${bindingFile} nor ${libraryFiles[0]}`, remedy };
  const real = realpathSync(path);
  const build = usable(cachedBuilds(cache)).find(({ library }) => library === real);
  if (build === undefined) {
    return {
      why: 'it holds TensorFlow, and no binding has been compiled for it',
      remedy: `Run \`npx selfcure-tensorflow install --tf ${path}\`.`,
    };
  }
  const { folder, record } = build;
  return {
    binding: join(folder, bindingFile),
    kind: 'own',
    build: record.build,
    library: real,
    why: 'compiled for it',
  };
}

const kindOf = (path: string): 'own' | 'explicit' => (path.endsWith(bindingFile) ? 'own' : 'explicit');

interface Stock {
  readonly where: string | null;
  readonly binding: string | null;
  readonly build: LibraryBuild;
  readonly why: string;
}

function stockPackage(name: string, modulesFrom: readonly string[], device: DeviceChoice): Stock {
  const build = name.endsWith('-gpu') ? 'cuda' : 'cpu';
  const none = (where: string | null, why: string): Stock => ({ where, binding: null, build, why });
  const manifest = modulesFrom.map((from) => resolveFrom(from, `${name}/package.json`)).find((path) => path !== null);
  if (manifest === undefined) return none(null, 'not installed');
  const folder = dirname(manifest);
  if (device === 'cuda' && build === 'cpu') return none(folder, 'is built without CUDA');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  // The package keeps a binary for each version of N-API; a newer one than this Node's does not load.
  const binaries = list(join(folder, 'lib'))
    .map((entry) => ({
      napi: Number(/^napi-v(\d+)$/.exec(entry)?.[1]),
      path: join(folder, 'lib', entry, 'tfjs_binding.node'),
    }))
    .filter(({ napi, path }) => napi <= Number(process.versions['napi']) && existsSync(path))
    .sort((a, b) => b.napi - a.napi);
  const [newest] = binaries;
  if (newest === undefined)
    return none(folder, `version ${version} is installed without its binary: its install script has not run`);
  return { where: newest.path, binding: newest.path, build, why: `version ${version}` };
}

function resolveFrom(from: string, specifier: string): string | null {
  try {
    return createRequire(from).resolve(specifier);
  } catch {
    return null;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Real path of the libraries of a build; null where they are gone. */
export function libraryOf({ folder, record }: CachedBuild): string | null {
  const path = resolve(folder, record.library);
  return libraryFiles.every((name) => existsSync(join(path, name))) ? realpathSync(path) : null;
}

/** A build whose libraries are in place. */
export interface UsableBuild extends CachedBuild {
  /** Real path of the folder of the libraries. */
  readonly library: string;
}

/** Builds that can be loaded: of this version's sources, with their libraries in place. */
export function usable(builds: readonly CachedBuild[]): UsableBuild[] {
  const sources = sourcesVersion();
  return builds.flatMap((build) => {
    const library = libraryOf(build);
    const fits = sources === null || build.record.sources === sources;
    return fits && library !== null && existsSync(join(build.folder, bindingFile)) ? [{ ...build, library }] : [];
  });
}

/** The build to use: CUDA where it is asked for or a driver is present, else CPU; then the newest TensorFlow. */
function ownBuild(
  cache: string,
  device: DeviceChoice,
  gpu: GpuFacts,
): { readonly where: string; readonly build: UsableBuild | null; readonly why: string } {
  const where = join(cache, 'binding');
  const all = cachedBuilds(cache);
  if (all.length === 0) return { where, build: null, why: 'nothing is installed there' };
  const builds = usable(all);
  if (builds.length === 0) {
    const gone = all.filter((build) => libraryOf(build) === null).map(({ record }) => record.library);
    return {
      where,
      build: null,
      why:
        gone.length > 0
          ? `the TensorFlow that it was built for is gone (${gone.join(', ')})`
          : 'it was built from other sources: run the installer again',
    };
  }
  const wanted: LibraryBuild = device === 'cuda' || (device === 'auto' && gpu.libcuda !== null) ? 'cuda' : 'cpu';
  const candidates = device === 'cuda' ? builds.filter(({ record }) => record.build !== 'cpu') : builds;
  if (candidates.length === 0) return { where, build: null, why: 'is built without CUDA' };
  const rank = ({ record }: UsableBuild): number => (record.build === wanted ? 0 : record.build === 'unknown' ? 1 : 2);
  const newer = (a: string, b: string): number => b.localeCompare(a, 'en', { numeric: true });
  const [build = null] = candidates.sort(
    (a, b) => rank(a) - rank(b) || newer(a.record.tensorflow, b.record.tensorflow),
  );
  const kind = build?.record.build === 'cuda' ? 'CUDA' : build?.record.build === 'cpu' ? 'CPU' : 'own';
  return { where: build?.folder ?? where, build, why: `TensorFlow ${build?.record.tensorflow}, ${kind} build` };
}
