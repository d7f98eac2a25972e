import { chromium } from 'playwright';
import type { Browser } from 'playwright';
import { chromiumOptions } from '../../../test/browser/chromium-path.ts';

/** Flags that give WebGPU no adapter, on every machine. */
export const noAdapter = ['--disable-gpu'];
/** Flags that give WebGPU the adapter that Chromium brings along; it computes on the processor. */
export const softwareAdapter = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

/** A browser for the tests of the page. */
export const launchChromium = (args: readonly string[]): Promise<Browser> =>
  chromium.launch({ ...chromiumOptions(), args: [...args] });
