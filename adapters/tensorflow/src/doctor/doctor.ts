import { type Compiler, findCompiler } from '../install/compile-binding.ts';
import { diskUse } from '../install/disk-use.ts';
import { type Python, pythons } from '../install/python.ts';
import { type SmokeTest, smokeTest } from '../install/smoke-test.ts';
import { cacheFolder } from '../native/cache.ts';
import { gpuFacts } from '../native/gpu-facts.ts';
import { locate } from '../native/locate.ts';
import type { DeviceChoice, GpuFacts, Located, SearchStep } from '../native/location.ts';
import { type Platform, thisPlatform } from '../native/platform.ts';
import { TensorFlowError } from '../native/tensorflow-error.ts';

/** Everything that decides whether TensorFlow runs here. */
export interface Diagnosis {
  readonly platform: Platform;
  readonly node: string;
  readonly gpu: GpuFacts;
  readonly cache: { readonly folder: string; readonly bytes: number };
  readonly steps: readonly SearchStep[];
  /** What the search found; null where it found nothing. */
  readonly located: Omit<Located, 'steps' | 'gpu'> | null;
  /** What the binding did in a process of its own; null where there is none. */
  readonly test: SmokeTest | null;
  /** What an install would use. */
  readonly tools: { readonly pythons: readonly Python[]; readonly compiler: Compiler | null };
  /** Null where everything that was asked for works. */
  readonly problem: { readonly code: string; readonly message: string; readonly remedy: string } | null;
}

/**
 * Searches as the factory does, loads what it finds in a process of its own and looks at what an install would need.
 *
 * @param options `device`: what must work; default `auto`. `library`: as the factory's.
 */
export async function doctor(
  options: {
    readonly device?: DeviceChoice;
    readonly library?: string | undefined;
    readonly env?: NodeJS.ProcessEnv;
  } = {},
): Promise<Diagnosis> {
  const { device = 'auto', library, env = process.env } = options;
  const folder = cacheFolder(env);
  const facts = {
    platform: thisPlatform(),
    node: process.versions.node,
    gpu: gpuFacts(env),
    cache: { folder, bytes: await diskUse(folder) },
    tools: { pythons: await pythons(env), compiler: await findCompiler(env) },
  };
  let located: Located;
  try {
    located = locate({ device, library, env });
  } catch (error) {
    if (!(error instanceof TensorFlowError)) throw error;
    const { code, remedy, steps } = error;
    return { ...facts, steps, located: null, test: null, problem: { code, message: error.message, remedy } };
  }
  const { steps, gpu: _, ...rest } = located;
  const test = await smokeTest(located, { device });
  const again = 'Run `npx selfcure-tensorflow uninstall`, then `npx selfcure-tensorflow install`.';
  const problem = test.passed
    ? null
    : { code: test.code ?? 'TEST_FAILED', message: test.why, remedy: test.remedy ?? again };
  return { ...facts, steps, located: rest, test, problem };
}
