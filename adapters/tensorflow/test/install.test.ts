import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { install, type Installed } from '../src/install/install.ts';
import { main } from '../src/main.ts';
import { locate } from '../src/native/locate.ts';
import { uninstall } from '../src/install/uninstall.ts';
import { describeWhere, whyNoInstall, wheelFolder } from './needed-native.ts';

const packageFolder = fileURLToPath(new URL('..', import.meta.url));

describeWhere(await whyNoInstall(), 'install from a folder', () => {
  let root: string;
  let env: NodeJS.ProcessEnv;
  let cache: string;
  let installed: Installed;

  // In order: a killed install comes first, the real one must clear up after it.
  beforeAll(async () => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'selfcure-tensorflow-')));
    env = { ...process.env, SELFCURE_CACHE: join(root, 'cache') };
    for (const name of ['SELFCURE_TF_BINDING', 'SELFCURE_TF_DIR']) delete env[name];
    cache = join(root, 'cache/tensorflow');
    await killedInstall();
  }, 120_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const find = () => locate({ env, cwd: root, modulesFrom: [] });

  /** Starts the command as users do and kills it while it unpacks. */
  async function killedInstall(): Promise<void> {
    const folder = join(root, 'package');
    mkdirSync(join(folder, 'dist'), { recursive: true });
    cpSync(join(packageFolder, 'native'), join(folder, 'native'), { recursive: true });
    symlinkSync(
      join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), '..'),
      join(folder, 'node_modules'),
    );
    await build({
      entryPoints: [join(packageFolder, 'src/bin.ts')],
      outfile: join(folder, 'dist/bin.mjs'),
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
    });
    const child = spawn(process.execPath, [join(folder, 'dist/bin.mjs'), 'install', '--offline', wheelFolder], {
      env,
      cwd: root,
      stdio: 'ignore',
    });
    const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_, signal) => resolve(signal)));
    const unpacking = () =>
      existsSync(join(cache, 'tmp')) &&
      readdirSync(join(cache, 'tmp'), { recursive: true }).some((path) =>
        String(path).endsWith('libtensorflow_cc.so.2'),
      );
    while (!unpacking() && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
  }

  it('a killed install leaves nothing that is found', () => {
    expect(readdirSync(cache)).toEqual(['tmp']);
    expect(readdirSync(join(cache, 'tmp')).length).toBeGreaterThan(0);
    expect(find).toThrow('nothing is installed there');
  });

  it('installs, and clears up what the killed one left', { timeout: 180_000 }, async () => {
    const log: string[] = [];
    installed = await install({ env, cwd: root, offline: wheelFolder, log: (line) => log.push(line) });
    expect(installed).toMatchObject({
      changed: true,
      test: { passed: true, version: '2.21.0', gpu: false, collectives: true },
    });
    expect(log.some((line) => line.includes('that was killed'))).toBe(true);
    expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
    expect(find()).toMatchObject({
      kind: 'own',
      build: 'cpu',
      binding: installed.binding,
      library: join(cache, 'library/2.21.0-cpu/tensorflow'),
    });
    // Two libraries, 14 headers and what belongs to them: nothing of Python.
    expect(installed.bytes).toBeLessThan(900e6);
    expect(readdirSync(join(cache, 'library/2.21.0-cpu/tensorflow')).sort()).toEqual([
      'include',
      'libtensorflow_cc.so.2',
      'libtensorflow_framework.so.2',
    ]);
  });

  it('the second time it says that it is there and touches nothing', async () => {
    const before = readFileSync(installed.binding);
    const again = await install({ env: { ...env, PATH: '' }, cwd: root, offline: '/nowhere' });
    expect(again).toMatchObject({ changed: false, test: null, binding: installed.binding, bytes: installed.bytes });
    expect(readFileSync(installed.binding).equals(before)).toBe(true);
  });

  it('doctor loads it and says that it works; with a GPU demanded, what is missing', async () => {
    const print = async (...argv: string[]) => {
      const lines: string[] = [];
      const code = await main(['doctor', ...argv], {
        out: (text) => lines.push(text),
        err: (text) => lines.push(text),
        env,
      });
      return { code, text: lines.join('\n') };
    };
    const cpu = await print('--device', 'cpu');
    expect(cpu.text).toContain('TensorFlow 2.21.0: matrix product and gradient of a convolution are right');
    expect(cpu.text).toContain('computes on the CPU; devices: CPU:0');
    expect(cpu).toMatchObject({ code: 0, text: expect.stringMatching(/TensorFlow is ready\.$/) as string });
    const cuda = await print('--device', 'cuda');
    expect(cuda.code).toBe(1);
    expect(cuda.text).toContain('is built without CUDA');
    expect(cuda.text).toContain('npx selfcure-tensorflow install --gpu');
  });

  it('two installs at once end with one binding, for a TensorFlow that is there', { timeout: 120_000 }, async () => {
    const other = { ...env, SELFCURE_CACHE: join(root, 'other') };
    const tf = join(cache, 'library/2.21.0-cpu/tensorflow');
    const both = await Promise.all([0, 1].map(() => install({ env: other, cwd: root, offline: wheelFolder, tf })));
    expect(both[0]?.binding).toBe(both[1]?.binding);
    expect(both.map(({ record, library }) => [record.library, library])).toEqual([
      [tf, tf],
      [tf, tf],
    ]);
    const folder = join(root, 'other/tensorflow');
    expect(readdirSync(join(folder, 'binding'))).toHaveLength(1);
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
    const found = { env: { ...other, SELFCURE_TF_DIR: tf }, cwd: root, modulesFrom: [] };
    expect(locate(found)).toMatchObject({ kind: 'own', binding: both[0]?.binding, library: tf });
  });

  it('uninstall removes everything', async () => {
    const { folder, bytes } = await uninstall(env);
    expect(folder).toBe(cache);
    expect(bytes).toBe(installed.bytes);
    expect(existsSync(cache)).toBe(false);
    expect(find).toThrow('nothing is installed there');
  });
});
