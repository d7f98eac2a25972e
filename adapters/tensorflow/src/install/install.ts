import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { bindingFile, type BuildRecord, cachedBuilds, cacheFolder, recordFile } from '../native/cache.ts';
import { gpuFacts } from '../native/gpu-facts.ts';
import { usable } from '../native/locate.ts';
import type { Located } from '../native/location.ts';
import { type Platform, requirePlatform, thisPlatform } from '../native/platform.ts';
import { sourcesVersion } from '../native/sources-version.ts';
import { TensorFlowError } from '../native/tensorflow-error.ts';
import { bindingSources } from './binding-sources.ts';
import { bindingPackage } from './catalog.ts';
import { compileBinding, findCompiler, noCompiler } from './compile-binding.ts';
import { diskUse } from './disk-use.ts';
import { obtainLibrary, planLibrary } from './library.ts';
import { unusableLibrary } from './python.ts';
import { type SmokeTest, smokeTest } from './smoke-test.ts';
import { commit, removeLeftovers, workFolder } from './work-folder.ts';

export interface InstallOptions {
  /** The CUDA build and NVIDIA's libraries instead of the CPU build. Default false. */
  readonly gpu?: boolean | undefined;
  /** A TensorFlow folder to compile for (the one that holds libtensorflow_cc.so.2); nothing is fetched but sources. */
  readonly tf?: string | undefined;
  /** A folder with the wheels and the tarball; nothing is fetched and Python is not needed. */
  readonly offline?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told what is being done, a line each. */
  readonly log?: (line: string) => void;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly platform?: Platform;
}

/** What an install found or made. */
export interface Installed {
  /** False where it was there already. */
  readonly changed: boolean;
  /** Path of the `.node` file. */
  readonly binding: string;
  readonly record: BuildRecord;
  /** Folder of the libraries. */
  readonly library: string;
  readonly seconds: number;
  /** Bytes on the disk, of the binding and of libraries in the cache. */
  readonly bytes: number;
  /** What the binding did in its test; null where it was there already. */
  readonly test: (SmokeTest & { passed: true }) | null;
}

/**
 * Makes a binding to TensorFlow in the cache: libraries (of `tf`, of this machine's Python, or of a wheel), sources of
 * tfjs-node, a compilation, a test. Does nothing where a fitting one is there.
 *
 * Libraries and binding are made in a work folder and renamed into place when they are complete, so an install that is
 * killed leaves nothing that would be used, and two at once do not disturb each other.
 *
 * @throws TensorFlowError, whose code says what was missing and whose remedy says what to do.
 */
export async function install(options: InstallOptions = {}): Promise<Installed> {
  const { gpu = false, signal, env = process.env, cwd = process.cwd(), log = () => {} } = options;
  const start = performance.now();
  const platform = options.platform ?? thisPlatform();
  requirePlatform(platform);
  const cache = cacheFolder(env);
  const tf = options.tf === undefined ? undefined : resolve(cwd, options.tf);
  const offline = options.offline === undefined ? undefined : resolve(cwd, options.offline);
  if (tf !== undefined) {
    const why = existsSync(tf) ? unusableLibrary(tf) : 'it does not exist';
    if (why !== null) {
      throw new TensorFlowError(
        'BAD_PATH',
        `${tf} is no TensorFlow to compile for: ${why}.`,
        "Name the folder `tensorflow` of a Python's site-packages.",
      );
    }
  }

  const present = usable(cachedBuilds(cache)).find(({ record, library }) =>
    tf === undefined ? !gpu || record.build === 'cuda' : library === realpathSync(tf),
  );
  if (present !== undefined) {
    const { folder, record, library } = present;
    const bytes = (await diskUse(folder)) + (await libraryUse(library, cache));
    const seconds = (performance.now() - start) / 1000;
    return { changed: false, binding: join(folder, bindingFile), record, library, seconds, bytes, test: null };
  }

  const compiler = await findCompiler(env);
  if (compiler === null) throw noCompiler(env);
  log(`compiler: ${compiler.version}`);
  const plan = await planLibrary({ gpu, tf, offline, cache, platform, env, log });
  await mkdir(cache, { recursive: true }).catch((error: unknown) => {
    throw notWritable(cache, error);
  });
  for (const name of await removeLeftovers(cache)) log(`removed what an install left that was killed (${name})`);

  const work = await workFolder(cache);
  try {
    const sources = join(work, 'sources');
    const modulesFrom = [join(cwd, 'package.json'), import.meta.url];
    const origin = await bindingSources(sources, { offline, modulesFrom, temporary: work, env, signal });
    log(`sources of the binding: ${origin}`);
    const library = await obtainLibrary(plan, { cache, signal, log });
    log('compiling');
    const inCache = !relative(cache, library.folder).startsWith('..');
    // From <cache>/tmp/ID as from <cache>/binding/NAME the cache is two folders up: the test sees what users will.
    const toLibrary = inCache ? join('../..', relative(cache, library.folder)) : realpathSync(library.folder);
    const output = join(work, bindingFile);
    const runPath = inCache ? `$ORIGIN/${toLibrary}` : toLibrary;
    await compileBinding({ compiler, sources, library: library.folder, runPath, output, signal });

    log('testing');
    const located: Located = {
      binding: output,
      kind: 'own',
      build: library.build,
      library: library.folder,
      steps: [],
      gpu: gpuFacts(env),
    };
    const test = await smokeTest(located, { device: 'auto', threads: 1 }, signal);
    if (!test.passed) {
      throw new TensorFlowError(
        'TEST_FAILED',
        `The new binding does not work: ${test.why}.${test.log === '' ? '' : `\n${test.log}\n`}`,
        'If the libraries are of a TensorFlow that was there before, try without it: --offline DIR, or a Python without TensorFlow.',
      );
    }
    const record: BuildRecord = {
      tensorflow: test.version,
      build: library.build,
      library: toLibrary,
      sources: sourcesVersion() ?? 'unknown',
      compiler: compiler.version,
    };
    await writeFile(join(work, recordFile), `${JSON.stringify(record, null, 2)}\n`);
    await rm(sources, { recursive: true });
    await rm(join(work, bindingPackage.tarball), { force: true });
    const outside = inCache ? '' : `-${createHash('sha256').update(toLibrary).digest('hex').slice(0, 8)}`;
    const folder = join(cache, 'binding', `${record.tensorflow}-${record.build}${outside}-${record.sources}`);
    await commit(work, folder, (path) => existsSync(join(path, bindingFile)) && existsSync(join(path, recordFile)));
    return {
      changed: true,
      binding: join(folder, bindingFile),
      record,
      library: library.folder,
      seconds: (performance.now() - start) / 1000,
      bytes: (await diskUse(folder)) + (await libraryUse(library.folder, cache)),
      test,
    };
  } catch (error) {
    throw noSpace(error, cache) ?? error;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const libraryUse = async (library: string, cache: string): Promise<number> =>
  relative(cache, library).startsWith('..') ? 0 : diskUse(dirname(library));

function noSpace(error: unknown, cache: string): TensorFlowError | null {
  if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') return null;
  return new TensorFlowError(
    'NO_SPACE',
    `${cache} is full.`,
    'Free space, or put the cache elsewhere with SELFCURE_CACHE.',
    { cause: error },
  );
}

function notWritable(cache: string, error: unknown): TensorFlowError {
  return new TensorFlowError(
    'BAD_PATH',
    `The cache ${cache} cannot be written (${String(error)}).`,
    'Name another with SELFCURE_CACHE.',
    { cause: error },
  );
}
