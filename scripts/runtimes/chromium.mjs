import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';

/** WebGPU on the adapter that Chromium brings along, which computes on the processor. */
const args = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--disable-gpu-watchdog'];
const types = { '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
const page =
  '<!doctype html><meta charset="utf-8"><title>selfcure</title><script type="module" src="/page.mjs"></script>';

/** The Chromium of the system, the one that `SELFCURE_CHROMIUM` names, or playwright's own. */
function binaryOf(chromium) {
  const found =
    process.env.SELFCURE_CHROMIUM ??
    ['chromium', 'chromium-browser', 'google-chrome']
      .flatMap((name) => process.env.PATH.split(delimiter).map((folder) => join(folder, name)))
      .find(existsSync) ??
    chromium.executablePath();
  return existsSync(found) ? found : null;
}

/** A page in headless Chromium that loads a bundle of the packages. */
export const chromiumRuntime = async (project) => {
  const { chromium } = await import('playwright');
  const executablePath = binaryOf(chromium);
  if (!executablePath)
    return { title: 'Chromium', absent: 'there is no Chromium: install it, or name its binary by SELFCURE_CHROMIUM' };
  const folders = { '/page.mjs': 'bundles/page', '/tfjs/': 'node_modules/@tensorflow/tfjs-backend-wasm/dist' };
  const server = createServer(({ url }, response) => {
    const folder = Object.entries(folders).find(([prefix]) => url.startsWith(prefix))?.[1];
    const file = folder && join(project, folder, url.slice(url.lastIndexOf('/') + 1));
    if (url === '/') response.setHeader('content-type', 'text/html').end(page);
    else if (!file || !existsSync(file)) response.writeHead(404).end();
    else response.setHeader('content-type', types[/\.\w+$/.exec(url)[0]]).end(readFileSync(file));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const browser = await chromium.launch({ executablePath, args });
  try {
    const tab = await browser.newPage();
    const problems = [];
    tab.on('pageerror', (error) => problems.push(error.stack));
    await tab.goto(`http://localhost:${server.address().port}/`, { waitUntil: 'load' });
    const outcomes = await tab.evaluate(() => globalThis.outcomes);
    if (!outcomes) throw new Error(`the page did not start\n${problems.join('\n')}`);
    return { title: `Chromium ${browser.version()}`, outcomes };
  } finally {
    await browser.close();
    server.close();
  }
};
