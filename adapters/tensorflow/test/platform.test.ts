import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeGpu, gpuFacts } from '../src/native/gpu-facts.ts';
import { thisPlatform, unsupported } from '../src/native/platform.ts';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'selfcure-platform-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function file(path: string, content = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

it.each([
  [{ os: 'linux', arch: 'x64', glibc: '2.27' }, null],
  [{ os: 'linux', arch: 'arm64', glibc: '2.36' }, null],
  [{ os: 'linux', arch: 'x64', glibc: '2.26' }, '2.26'],
  [{ os: 'linux', arch: 'x64', glibc: null }, 'musl'],
  [{ os: 'linux', arch: 'riscv64', glibc: '2.36' }, 'riscv64'],
  [{ os: 'darwin', arch: 'arm64', glibc: null }, 'darwin'],
  [{ os: 'win32', arch: 'x64', glibc: null }, 'win32'],
] as const)('%j: unsupported because of %s', (platform, why) => {
  if (why === null) expect(unsupported(platform)).toBeNull();
  else expect(unsupported(platform)).toContain(why);
});

it('reads the platform of this process', () => {
  expect(thisPlatform()).toMatchObject({ os: process.platform, arch: process.arch });
});

it('reads driver, library and devices of a machine with a GPU', () => {
  // The file as drivers of 2024 write it, closed and open kernel module.
  file(
    'proc/driver/nvidia/version',
    'NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\nGCC version:  gcc 12\n',
  );
  for (const name of ['nvidia0', 'nvidia1', 'nvidiactl', 'nvidia-uvm', 'null']) file(`dev/${name}`);
  file('usr/lib64/libcuda.so.1');
  const facts = gpuFacts({ CUDA_VISIBLE_DEVICES: '1' }, root);
  expect(facts).toEqual({
    driver: '550.54.14',
    libcuda: join(root, 'usr/lib64/libcuda.so.1'),
    devices: [join(root, 'dev/nvidia0'), join(root, 'dev/nvidia1')],
    visible: '1',
  });
  expect(describeGpu(facts)).toContain('CUDA_VISIBLE_DEVICES=1');
  file(
    'proc/driver/nvidia/version',
    'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  560.35.03  Release Build\n',
  );
  expect(gpuFacts({}, root).driver).toBe('560.35.03');
});

it('finds libcuda in LD_LIBRARY_PATH', () => {
  file('opt/driver/libcuda.so.1');
  expect(gpuFacts({ LD_LIBRARY_PATH: '/nowhere:/opt/driver' }, root).libcuda).toBe(
    join(root, 'opt/driver/libcuda.so.1'),
  );
});

it('says what is missing on a machine without a GPU', () => {
  const facts = gpuFacts({ CUDA_VISIBLE_DEVICES: '' }, root);
  expect(facts).toEqual({ driver: null, libcuda: null, devices: [], visible: '' });
  expect(describeGpu(facts)).toBe(
    'no NVIDIA driver is loaded, libcuda.so.1 not found, no /dev/nvidia* device, CUDA_VISIBLE_DEVICES=(empty: hides every GPU)',
  );
});
