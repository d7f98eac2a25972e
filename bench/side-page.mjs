/** A page of Chromium that answers requests, in a browser of its own. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright';
import { cacheFolder, importTypeScript } from './bundled-module.mjs';
import { BenchError } from './error.mjs';

/** WebGPU on Chromium's software adapter, with times of kernels that are not rounded. */
const flags = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-webgpu-developer-features'];

/** Clocks of pages are finer where nothing is shared with other origins. */
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

const types = { '.html': 'text/html', '.js': 'text/javascript', '.safetensors': 'application/octet-stream' };

/**
 * Starts a browser and loads a side into a page of it.
 *
 * @param {{ label: string, name: string }} options `name`: of the side's file in sides/
 * @returns {Promise<import('./side.mjs').Connection>}
 * @throws {BenchError} where there is no Chromium
 */
export async function connectPage({ label, name }) {
  const files = new Map([
    ['/', { type: '.html', read: async () => '<!doctype html><script type="module" src="/side.js"></script>' }],
  ]);
  for (const [path, text] of await bundleSide(name)) files.set(path, { type: extname(path), read: async () => text });
  const server = await serveFiles(files);
  const browser = await launch().catch((error) => {
    server.close();
    throw error;
  });
  const close = async () => {
    await browser.close();
    server.close();
  };
  const page = await browser.newPage();
  const faults = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.setDefaultTimeout(0);
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  return {
    request: async (message) => {
      const sent = { ...message };
      if (message.problem) {
        const { arrays } = message.problem;
        files.set('/arrays', { type: '.safetensors', read: () => readFile(arrays) });
        sent.problem = { ...message.problem, arrays: '/arrays' };
      }
      try {
        return await page.evaluate((request) => globalThis.answer(request), sent);
      } catch (cause) {
        throw new BenchError(`${label}: no answer, ${cause.message}\n${faults.slice(-10).join('\n')}`, { cause });
      }
    },
    // The memory of a page lies in several processes, some of which are the browser's.
    peakBytes: () => null,
    close,
  };
}

async function launch() {
  const { chromiumOptions } = await importTypeScript('test/browser/chromium-path.ts');
  try {
    return await chromium.launch({ ...chromiumOptions(), args: flags });
  } catch (cause) {
    throw new BenchError(`Chromium did not start. Install Debian's package chromium. ${cause.message}`, { cause });
  }
}

/** The files of a side's program, by path: its entry is `/side.js`. Engines that it does not start are not loaded. */
async function bundleSide(name) {
  const outdir = join(cacheFolder, 'page');
  const { outputFiles } = await build({
    stdin: {
      contents: `import { open } from './${name}.mjs'; import { answerInPage } from './in-page.mjs'; answerInPage(open);`,
      resolveDir: join(import.meta.dirname, 'sides'),
      sourcefile: 'side.js',
    },
    entryNames: 'side',
    outdir,
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['node:*'],
    logLevel: 'error',
  });
  return outputFiles.map(({ path, text }) => [path.slice(outdir.length), text]);
}

/** A server of this machine alone. */
function serveFiles(files) {
  const server = createServer(async ({ url }, response) => {
    const file = files.get(url);
    if (!file) return response.writeHead(404).end();
    response.writeHead(200, { ...isolation, 'Content-Type': types[file.type] });
    response.end(await file.read());
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
