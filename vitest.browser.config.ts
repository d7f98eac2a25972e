import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import type { TestProjectInlineConfiguration } from 'vitest/config';
import { chromiumOptions } from './test/browser/chromium-path.ts';
import node from './vitest.config.ts';

/** Tests in a page that vite serves with these headers. */
function pages(name: string, include: string[], headers: Record<string, string>): TestProjectInlineConfiguration {
  return {
    ...node,
    server: { headers },
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
        provider: playwright({ launchOptions: chromiumOptions() }),
        instances: [{ browser: 'chromium' }],
      },
    },
  };
}

const conformance = 'test/conformance/wasm*.test.ts';

/** The conformance suite in Chromium: in an ordinary page, and in one that may share memory between threads. */
export default defineConfig({
  test: {
    projects: [
      pages('page', [conformance, '!**/wasm-threads.test.ts', 'test/browser/page.test.ts'], {}),
      pages('isolated page', [conformance, 'test/browser/isolated-page.test.ts'], {
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Embedder-Policy': 'require-corp',
      }),
    ],
  },
});
