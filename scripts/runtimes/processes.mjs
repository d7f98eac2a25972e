import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nodeBinary } from '../node-versions.mjs';
import { npmBinary } from '../npm-binary.mjs';

const limit = 240_000;

/** Runs a program of the project that prints its outcomes as the last line. */
function outcomesOf(project, binary, args, env = {}) {
  const result = spawnSync(binary, [...args, join(project, 'programs/process.mjs')], {
    cwd: project,
    encoding: 'utf8',
    timeout: limit,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  if (result.error) throw result.error;
  const last = result.stdout.trim().split('\n').at(-1);
  if (result.status !== 0 || !last) {
    const end = result.signal ? `was ended by ${result.signal}` : `gave ${result.status}`;
    throw new Error(`${binary} ${end}\n${result.stdout}${result.stderr}`);
  }
  return JSON.parse(last);
}

const versionOf = (binary) => /\d+\.\d+\.\d+/.exec(spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout)[0];

/** Node of a major version; the one that runs this script without. */
export const nodeRuntime = (major) => async (project) => {
  const binary = major ? nodeBinary(major) : process.execPath;
  return { title: `Node ${versionOf(binary)}`, outcomes: outcomesOf(project, binary, []) };
};

/** Names the software driver that Debian's Chromium ships to runtimes that look for one by the environment alone. */
function softwareDriver() {
  const folder = '/usr/lib/chromium';
  const driver = join(folder, 'vk_swiftshader_icd.json');
  if (!existsSync(driver)) return {};
  return { VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver, LD_LIBRARY_PATH: folder };
}

/** Deno, on the node_modules of the project, with its own WebGPU. */
export const denoRuntime = async (project) => {
  const version = '2.9.6';
  const binary = npmBinary({
    title: `Deno ${version}`,
    name: '@deno/linux-x64-glibc',
    version,
    integrity: 'sha512-3md4TKLCuzsLDmfOoC5KN7NAZaxSVkMgm64vg6foD00JBADCpYS2/5QqXfzgnP5ZQz3iLP9vBQJtEgc116OAoQ==',
    path: 'deno',
  });
  const args = ['run', '--allow-all', '--no-config', '--node-modules-dir=manual', '--unstable-webgpu', '--quiet'];
  const outcomes = outcomesOf(project, binary, args, { ...softwareDriver(), DENO_NO_UPDATE_CHECK: '1' });
  return { title: `Deno ${version}`, outcomes };
};

/** Bun, on the node_modules of the project, with the package webgpu. */
export const bunRuntime = async (project) => {
  const version = '1.4.5';
  const binary = npmBinary({
    title: `Bun ${version}`,
    name: '@oven/bun-linux-x64',
    version,
    integrity: 'sha512-IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g==',
    path: 'bin/bun',
  });
  return { title: `Bun ${version}`, outcomes: outcomesOf(project, binary, ['run', '--no-install'], softwareDriver()) };
};
