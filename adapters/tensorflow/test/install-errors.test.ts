import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bindingSources } from '../src/install/binding-sources.ts';
import { bindingPackage, isNeeded, wheelsFor } from '../src/install/catalog.ts';
import { compileBinding } from '../src/install/compile-binding.ts';
import { fetchWheel } from '../src/install/fetch-wheel.ts';
import { install } from '../src/install/install.ts';
import { planLibrary, requireSpace } from '../src/install/library.ts';
import { unpackWheel } from '../src/install/unpack-wheel.ts';
import { main } from '../src/main.ts';
import { TensorFlowError, type TensorFlowErrorCode } from '../src/native/tensorflow-error.ts';

let root: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'selfcure-install-'));
  mkdirSync(join(root, 'bin'));
  env = { PATH: join(root, 'bin'), SELFCURE_CACHE: join(root, 'cache') };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A program in PATH. Other programs are named by their full path: PATH holds nothing else. */
function program(name: string, script: string): void {
  writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

const python = (answer: object, pip = 'exit 0'): void =>
  program(
    'python3',
    `if [ "$1" = -c ]; then echo '${JSON.stringify({ version: '3.12.1', pip: '24.0', tensorflow: null, ...answer })}'; exit 0; fi\n${pip}`,
  );

async function failure(code: TensorFlowErrorCode, promise: Promise<unknown>): Promise<TensorFlowError> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof TensorFlowError)) throw error;
  expect(error.code).toBe(code);
  expect(error.message).toContain(error.remedy);
  expect(error.remedy).not.toBe('');
  return error;
}

const debian = { os: 'linux', arch: 'x64', glibc: '2.36' };
const wheel = wheelsFor('x64', 'cpu')![0]!;

describe('install fails with a remedy', () => {
  it('on a system without TensorFlow', async () => {
    const { message } = await failure('UNSUPPORTED_PLATFORM', install({ env, platform: { ...debian, glibc: null } }));
    expect(message).toContain('musl');
  });

  it('without a compiler', async () => {
    expect((await failure('NO_COMPILER', install({ env, platform: debian }))).remedy).toContain('g++');
    const named = await failure('NO_COMPILER', install({ env: { ...env, CXX: 'ccache g++-99' }, platform: debian }));
    expect(named.message).toContain('ccache g++-99');
  });

  it('without Python or pip', async () => {
    program('g++', 'echo g++ 13');
    expect((await failure('NO_PIP', install({ env, platform: debian }))).message).toContain('No Python');
    python({ pip: null });
    const { message, remedy } = await failure('NO_PIP', install({ env, platform: debian }));
    expect(message).toContain('python3 has no pip');
    expect(remedy).toContain('--offline');
  });

  it('where npm cannot fetch the sources', async () => {
    program('g++', 'echo g++ 13');
    python({});
    const cwd = root;
    const none = bindingSources(join(root, 'sources'), {
      modulesFrom: [join(cwd, 'package.json')],
      temporary: root,
      env,
    });
    expect((await failure('FETCH_FAILED', none)).message).toContain('npm was not found');
    program('npm', 'echo "npm error network request failed" >&2; exit 1');
    const failed = bindingSources(join(root, 'sources'), {
      modulesFrom: [join(cwd, 'package.json')],
      temporary: root,
      env,
    });
    expect((await failure('FETCH_FAILED', failed)).message).toContain('network request failed');
  });

  it.each([
    ['Temporary failure in name resolution', 'FETCH_FAILED', 'Check the network'],
    ['ERROR: No matching distribution found for tensorflow-cpu==2.21.0', 'FETCH_FAILED', 'does not serve it'],
    ['OSError: [Errno 28] No space left on device', 'NO_SPACE', 'SELFCURE_CACHE'],
    ['/usr/bin/python3: No module named pip', 'NO_PIP', 'python3-pip'],
  ] as const)('where pip says: %s', async (said, code, remedy) => {
    program('pip-python', `echo '${said}' >&2; exit 1`);
    const source = { command: join(root, 'bin/pip-python'), version: '3.12.1', pip: '24.0', tensorflow: null };
    const error = await failure(code, fetchWheel(wheel, { python: source, target: root }));
    expect(error.remedy).toContain(remedy);
  });

  it('where a file is missing in the folder, or is another', async () => {
    const missing = await failure('FETCH_FAILED', fetchWheel(wheel, { offline: root }));
    expect(missing.message).toContain(wheel.file);
    expect(missing.remedy).toContain('pip download');
    writeFileSync(join(root, wheel.file), 'not a wheel');
    const other = await failure('CHECKSUM', fetchWheel(wheel, { offline: root }));
    expect(other.message).toContain(createHash('sha256').update('not a wheel').digest('hex'));

    const sources = () => bindingSources(join(root, 's'), { offline: root, modulesFrom: [], temporary: root, env });
    expect((await failure('FETCH_FAILED', sources())).remedy).toContain('npm pack');
    writeFileSync(join(root, bindingPackage.tarball), 'not a tarball');
    await failure('CHECKSUM', sources());
  });

  it('removes what pip fetched where it is another file', async () => {
    program('pip-python', `for last; do :; done; printf wrong > '${join(root, wheel.file)}'`);
    const source = { command: join(root, 'bin/pip-python'), version: '3.12.1', pip: '24.0', tensorflow: null };
    await failure('CHECKSUM', fetchWheel(wheel, { python: source, target: root }));
    expect(existsSync(join(root, wheel.file))).toBe(false);
  });

  it('where sources of an installed tfjs-node were edited', async () => {
    const folder = join(root, 'node_modules/@tensorflow/tfjs-node');
    mkdirSync(join(folder, 'binding'), { recursive: true });
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: bindingPackage.name, version: bindingPackage.version }),
    );
    for (const name of Object.keys(bindingPackage.files)) writeFileSync(join(folder, 'binding', name), '// edited');
    const sources = bindingSources(join(root, 's'), {
      modulesFrom: [join(root, 'package.json')],
      temporary: root,
      env,
    });
    expect((await failure('CHECKSUM', sources)).message).toContain('binding/');
  });

  it('where a wheel is damaged', async () => {
    writeFileSync(join(root, 'damaged.whl'), 'PK\u0003\u0004 and nothing');
    await failure(
      'CHECKSUM',
      unpackWheel(join(root, 'damaged.whl'), root, () => true),
    );
  });

  it('where the disk is too small', async () => {
    const error = await failure('NO_SPACE', requireSpace(root, [{ ...wheel, unpacked: 1e18 }], true));
    expect(error.message).toContain('1000000000.0 GB');
  });

  it('with what the compiler said', async () => {
    program('g++', 'echo "tfjs_backend.cc:1:10: fatal error: tensorflow/c/c_api.h: No such file" >&2; exit 1');
    const compiler = { command: [join(root, 'bin/g++')], version: 'g++ 4' };
    const options = { compiler, sources: root, library: root, runPath: root, output: join(root, 'x.node') };
    expect((await failure('COMPILE_FAILED', compileBinding(options))).message).toContain('c_api.h: No such file');
  });

  it.each([
    ['/nowhere', 'does not exist'],
    ['empty', 'libtensorflow_cc.so.2'],
  ])('where --tf is %s', async (tf, why) => {
    mkdirSync(join(root, 'empty'));
    expect((await failure('BAD_PATH', install({ env, platform: debian, cwd: root, tf }))).message).toContain(why);
  });

  it('and leaves nothing in the cache', async () => {
    program('g++', 'echo g++ 13');
    python({}, 'echo "Connection refused" >&2; exit 1');
    program('npm', 'exit 1');
    await failure('FETCH_FAILED', install({ env, platform: debian, cwd: root, offline: root }));
    expect(readdirSync(join(root, 'cache/tensorflow'), { recursive: true })).toEqual(['tmp']);
  });
});

describe('where the libraries come from', () => {
  const lines: string[] = [];
  const plan = (gpu: boolean) => {
    lines.length = 0;
    const cache = join(root, 'cache');
    const log = (line: string) => void lines.push(line);
    return planLibrary({ gpu, tf: undefined, offline: undefined, cache, platform: debian, env, log });
  };
  const site = (cuda: boolean): string => {
    const folder = join(root, 'site-packages/tensorflow');
    for (const part of ['include/tensorflow/c/eager', 'python/platform'])
      mkdirSync(join(folder, part), { recursive: true });
    for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2', 'include/tensorflow/c/eager/c_api.h'])
      writeFileSync(join(folder, name), '');
    // As the wheels of 2.21 write it.
    const info = `build_info = collections.OrderedDict([('cuda_version', '12.5.1'), ('is_cuda_build', ${cuda ? 'True' : 'False'}), ('is_rocm_build', False)])`;
    writeFileSync(join(folder, 'python/platform/build_info.py'), info);
    return folder;
  };

  it('of the TensorFlow of this machine, where it is complete', async () => {
    const folder = site(false);
    python({ tensorflow: folder });
    expect(await plan(false)).toEqual({ folder, build: 'cpu', wheels: null });
    rmSync(join(folder, 'include'), { recursive: true });
    expect(await plan(false)).toMatchObject({ build: 'cpu', wheels: [wheel] });
    expect(lines[0]).toContain('it lacks include/tensorflow/c/eager/c_api.h');
  });

  it('of its TensorFlow with CUDA, where one is asked for; else of the wheels', async () => {
    python({ tensorflow: site(false) });
    const fetched = await plan(true);
    expect(lines[0]).toContain('it is built without CUDA');
    expect(fetched).toMatchObject({ build: 'cuda', folder: join(root, 'cache/library/2.21.0-cuda/tensorflow') });
    // What tensorflow[and-cuda] 2.21 asks for.
    expect(fetched.wheels?.map(({ name }) => name.replace(/^nvidia-|-cu12$/g, ''))).toEqual([
      ...['tensorflow', 'cublas', 'cuda-cupti', 'cuda-nvcc', 'cuda-nvrtc', 'cuda-runtime', 'cudnn', 'cufft', 'curand'],
      ...['cusolver', 'cusparse', 'nccl', 'nvjitlink'],
    ]);
    python({ tensorflow: site(true) });
    expect(await plan(true)).toMatchObject({ build: 'cuda', wheels: null });
  });
});

it('unpacks the libraries, the headers of the C interface and the licences of wheels, and nothing else', () => {
  const wanted = [
    'tensorflow/libtensorflow_cc.so.2',
    'tensorflow/include/tensorflow/c/eager/c_api.h',
    'tensorflow/include/tsl/platform/ctstring_internal.h',
    'tensorflow/include/xla/tsl/c/tsl_status.h',
    'nvidia/cudnn/lib/libcudnn_engines_precompiled.so.9',
    'nvidia/cublas/lib/libcublas.so.12',
    'nvidia/cuda_nvcc/bin/ptxas',
    'tensorflow-2.21.0.dist-info/LICENSE',
  ];
  const unwanted = [
    'tensorflow/python/_pywrap_tensorflow_internal.so',
    'tensorflow/include/tensorflow/core/framework/op.h',
    'nvidia/cudnn/include/cudnn.h',
    'nvidia/cuda_runtime/lib/libcudart_static.a',
    'nvidia/__init__.py',
  ];
  expect([...wanted, ...unwanted].filter(isNeeded)).toEqual(wanted);
});

describe('the command line', () => {
  const run = async (...argv: string[]) => {
    const lines: string[] = [];
    const code = await main(argv, { out: (text) => lines.push(text), err: (text) => lines.push(`! ${text}`), env });
    return { code, text: lines.join('\n') };
  };

  it.each([
    [['instal'], 'no command instal'],
    [['install', 'here'], 'no argument here'],
    [['uninstall', '--gpu'], 'no option --gpu'],
    [['doctor', '--device', 'tpu'], 'not tpu'],
    [['download'], 'takes the folder'],
    [['install', '--nope'], '--nope'],
  ])('refuses %j', async (argv, text) => {
    const result = await run(...argv);
    expect(result.code).toBe(2);
    expect(result.text).toContain(text);
  });

  it('prints help', async () => {
    for (const argv of [[], ['help'], ['--help'], ['install', '-h']]) {
      const { code, text } = await run(...argv);
      expect(code).toBe(0);
      expect(text).toContain('--offline DIR');
    }
  });

  it('ends with 1 and the remedy where a command fails', async () => {
    const { code, text } = await run('install');
    expect(code).toBe(1);
    expect(text).toMatch(/^! No C\+\+ compiler.*apt install g\+\+/s);
  });

  it('doctor prints every step and the remedy on a machine without anything', async () => {
    const { code, text } = await run('doctor', '--device', 'cuda');
    expect(code).toBe(1);
    for (const part of [
      'SELFCURE_TF_BINDING',
      '@tensorflow/tfjs-node-gpu',
      'own build',
      'no C++ compiler',
      'no Python',
      'there is none',
    ])
      expect(text).toContain(part);
    expect(text).toMatch(/Remedy: {2}Run `npx selfcure-tensorflow install --gpu`\.$/);
    const data = JSON.parse((await run('doctor', '--json')).text) as { problem: { code: string }; steps: unknown[] };
    expect(data.problem.code).toBe('NOT_FOUND');
    expect(data.steps).toHaveLength(6);
  });

  it('uninstall has nothing to do in an empty cache', async () => {
    expect(await run('uninstall')).toEqual({ code: 0, text: expect.stringContaining('nothing to remove') as string });
  });
});
