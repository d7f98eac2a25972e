import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GpuFacts } from './location.ts';

const libraryFolders = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/usr/lib/wsl/lib',
  '/usr/local/nvidia/lib64',
  '/usr/local/cuda/compat',
  '/run/opengl-driver/lib',
];

/**
 * What this machine has of an NVIDIA driver. Reads a few files and loads nothing.
 *
 * @param env environment: LD_LIBRARY_PATH and CUDA_VISIBLE_DEVICES are read.
 * @param root where `/proc`, `/dev` and `/usr` are.
 */
export function gpuFacts(env: NodeJS.ProcessEnv = process.env, root = '/'): GpuFacts {
  const version = read(join(root, 'proc/driver/nvidia/version'));
  const folders = [...(env['LD_LIBRARY_PATH'] ?? '').split(':').filter(Boolean), ...libraryFolders];
  const libcuda = folders.map((folder) => join(root, folder, 'libcuda.so.1')).find((path) => existsSync(path));
  return {
    driver:
      version === null
        ? null
        : (/(?:Module|Kernel Module\S*)\s.*?(\d+\.\d+(?:\.\d+)?)/.exec(version)?.[1] ?? 'unknown'),
    libcuda: libcuda ?? null,
    devices: list(join(root, 'dev'))
      .filter((name) => /^nvidia\d+$/.test(name))
      .map((name) => join(root, 'dev', name)),
    visible: env['CUDA_VISIBLE_DEVICES'] ?? null,
  };
}

/** The facts as a clause for messages: `driver 550.54.14, /dev/nvidia0`. */
export function describeGpu({ driver, libcuda, devices, visible }: GpuFacts): string {
  return [
    driver === null ? 'no NVIDIA driver is loaded' : `NVIDIA driver ${driver}`,
    libcuda === null ? 'libcuda.so.1 not found' : libcuda,
    devices.length === 0 ? 'no /dev/nvidia* device' : devices.join(' '),
    ...(visible === null ? [] : [`CUDA_VISIBLE_DEVICES=${visible === '' ? '(empty: hides every GPU)' : visible}`]),
  ].join(', ');
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
