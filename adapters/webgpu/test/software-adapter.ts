/**
 * The software adapter of WebGPU in Node: SwiftShader, which Debian's package `chromium` ships with a Vulkan loader. Elsewhere, and
 * where a Vulkan driver is chosen by `VK_ICD_FILENAMES` or `VK_DRIVER_FILES`, nothing happens and Dawn looks for itself.
 */
import type * as Files from 'node:fs';
import type * as System from 'node:os';

const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser'];
/** A flag of dlopen that Node has no constant for: the library stays loaded although it is no addon. */
const noDelete = 0x1000;

/** Makes Dawn find SwiftShader; to be called before a backend is opened. In a page it does nothing. */
export function useSoftwareAdapter(): void {
  const { process } = globalThis as { process?: NodeJS.Process };
  if (process?.platform !== 'linux' || process.env['VK_ICD_FILENAMES'] || process.env['VK_DRIVER_FILES']) return;
  const { existsSync } = process.getBuiltinModule('node:fs') as typeof Files;
  const { constants } = process.getBuiltinModule('node:os') as typeof System;
  const folder = folders.find((path) => existsSync(`${path}/vk_swiftshader_icd.json`));
  if (!folder) return;
  process.env['VK_ICD_FILENAMES'] = `${folder}/vk_swiftshader_icd.json`;
  try {
    // Dawn asks for libvulkan.so.1 by name: one that is loaded is found, wherever it lies.
    process.dlopen({ exports: {} }, `${folder}/libvulkan.so.1`, constants.dlopen.RTLD_NOW | noDelete);
  } catch {
    // "Module did not self-register": no addon, as expected.
  }
}
