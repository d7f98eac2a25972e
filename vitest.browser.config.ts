import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import type { TestProjectInlineConfiguration } from 'vitest/config';
import { chromiumOptions, whyNoChromium } from './test/browser/chromium-path.ts';
import node from './vitest.config.ts';

/** What differs between pages. */
interface PageOptions {
  readonly include: string[];
  /** Chromium's command line. */
  readonly args: string[];
  /** What vite serves the page with. */
  readonly headers?: Record<string, string>;
}

/** What tests read of the environment; a page has none. */
const { SELFCURE_ENGINES, SELFCURE_THOROUGH } = process.env;

const absent = whyNoChromium() !== null;

/** Tests in a page. Their project is called `<name> (chromium)`. */
function pages(name: string, { include, args, headers = {} }: PageOptions): TestProjectInlineConfiguration {
  if (absent) return { ...node, test: { name: `${name} (chromium)`, include: ['test/browser/no-chromium.test.ts'] } };
  return {
    ...node,
    server: { headers },
    define: { 'process.env': JSON.stringify({ SELFCURE_ENGINES, SELFCURE_THOROUGH }) },
    // Found before the first test: a dependency that vite finds later makes it load the page anew.
    optimizeDeps: { include: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm', 'fast-check'] },
    test: {
      name,
      include,
      testTimeout: 60_000,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { ...chromiumOptions(), args } }),
        instances: [{ browser: 'chromium' }],
        // One graphics process, of few cores: what one file does to it, another would feel.
        fileParallelism: false,
      },
    },
  };
}

const wasm = 'test/conformance/wasm*.test.ts';
/** Then no machine has an adapter for WebGPU. */
const noGraphics = ['--disable-gpu'];

/** The adapter that Chromium brings along: it computes on the processor, may take its time, and comes back when it has crashed. */
const softwareAdapter = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-gpu-watchdog',
  '--disable-gpu-process-crash-limit',
];

/** Engines in Chromium: in an ordinary page, in one that may share memory between threads, in one with WebGPU. */
export default defineConfig({
  test: {
    projects: [
      pages('page', {
        include: [wasm, '!**/wasm-threads.test.ts', 'test/browser/page.test.ts', 'test/browser/no-adapter.test.ts'],
        args: noGraphics,
      }),
      pages('isolated page', {
        include: [wasm, 'test/browser/isolated-page.test.ts'],
        args: noGraphics,
        headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
      }),
      pages('webgpu page', {
        include: [
          'test/conformance/webgpu*.test.ts',
          'test/e2e/webgpu*.test.ts',
          'test/browser/graphics-crash.test.ts',
          'adapters/webgpu/test/*.test.ts',
          // The one takes stock of Node's heap; the other is long, and computes the same on the same adapter in Node.
          '!**/{heap,tiles}.test.ts',
        ],
        args: softwareAdapter,
      }),
    ],
  },
});
