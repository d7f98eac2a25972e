import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libraryFiles } from '../native/locate.ts';
import { TensorFlowError } from '../native/tensorflow-error.ts';
import { nativeSource } from '../package-files.ts';
import { lastLines, runCommand } from './run-command.ts';

/** A C++ compiler: the words of its command, and the first line that it says of itself. */
export interface Compiler {
  readonly command: readonly string[];
  readonly version: string;
}

/** The first of `$CXX`, g++, clang++ and c++ that runs; null where none does. */
export async function findCompiler(env: NodeJS.ProcessEnv = process.env): Promise<Compiler | null> {
  const own = env['CXX']?.trim();
  const commands = own ? [own.split(/\s+/)] : [['g++'], ['clang++'], ['c++']];
  for (const command of commands) {
    const [program = '', ...rest] = command;
    const { code, stdout } = await runCommand(program, [...rest, '--version'], { env, timeout: 30_000 });
    if (code === 0) return { command, version: stdout.split('\n')[0] ?? program };
  }
  return null;
}

/** Throws NO_COMPILER. */
export function noCompiler(env: NodeJS.ProcessEnv = process.env): TensorFlowError {
  const own = env['CXX']?.trim();
  return new TensorFlowError(
    'NO_COMPILER',
    own ? `The C++ compiler of CXX, ${own}, does not run.` : 'No C++ compiler was found (g++, clang++, c++).',
    'Install one (Debian: apt install g++; Fedora: dnf install gcc-c++), or name one with the environment variable CXX.',
  );
}

/**
 * Options for a linker that is faster than GNU ld, which takes several seconds over the 600,000 symbols of TensorFlow;
 * none where the compiler has no other.
 */
async function fastLinker({ command: [program = '', ...rest] }: Compiler): Promise<string[]> {
  for (const option of ['-fuse-ld=lld', '-fuse-ld=gold']) {
    const { code } = await runCommand(program, [...rest, option, '-Wl,--version'], { timeout: 30_000 });
    if (code === 0) return [option];
  }
  return [];
}

/**
 * Compiles our source, which includes those of tfjs-node, into a `.node` file.
 *
 * @param runPath where the binding finds the libraries: absolute, or beginning with `$ORIGIN`.
 * @throws TensorFlowError COMPILE_FAILED with what the compiler said.
 */
export async function compileBinding(options: {
  readonly compiler: Compiler;
  readonly sources: string;
  readonly library: string;
  readonly runPath: string;
  readonly output: string;
  readonly signal?: AbortSignal | undefined;
}): Promise<void> {
  const { compiler, sources, library, runPath, output, signal } = options;
  const [program = '', ...rest] = compiler.command;
  const headers = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
  if (!readdirSync(headers).includes('node_api.h')) throw new Error(`${headers} holds no node_api.h`);
  const args = [
    ...rest,
    ...(await fastLinker(compiler)),
    ...['-O2', '-std=c++17', '-shared', '-fPIC', '-fvisibility=hidden', '-DNAPI_VERSION=8'],
    ...['-I', headers, '-I', join(library, 'include'), '-I', sources],
    ...[fileURLToPath(nativeSource), '-o', output],
    ...[
      '-L',
      library,
      ...libraryFiles.map((name) => `-l:${basename(name)}`),
      '-ldl',
      '-pthread',
      `-Wl,-rpath,${runPath}`,
    ],
  ];
  const { code, stderr } = await runCommand(program, args, { signal });
  if (code === 0) return;
  const errors = stderr.split('\n').filter((line) => /error|undefined reference|cannot find/i.test(line));
  throw new TensorFlowError(
    'COMPILE_FAILED',
    `${program} failed:\n${errors.length > 0 ? errors.slice(0, 6).join('\n') : lastLines(stderr, 8)}\n`,
    'A compiler for C++17 is needed (GCC 8 or newer). With --tf DIR, the folder must hold TensorFlow 2.12 or newer for this processor.',
  );
}
