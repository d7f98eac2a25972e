import { train } from '@selfcure/core';
import { wasm } from '@selfcure/wasm';
import type { Browser, Locator, Page } from 'playwright';
import { describe, expect, it } from 'vitest';
import { prepare } from '../src/setup.ts';
import { launchChromium, softwareAdapter } from './chromium.ts';
import { serveSite } from './site-server.ts';
import { siteFolder, visiting } from './visit.ts';
import type { Results, Visit, VisitOptions } from './visit.ts';

/** A browser of its own for a test: what happens to its graphics process should not be felt by others. */
async function withBrowser<T>(work: (browser: Browser) => Promise<T>): Promise<T> {
  const browser = await launchChromium(softwareAdapter);
  try {
    return await work(browser);
  } finally {
    await browser.close();
  }
}

/** Why WebGPU has no adapter in this Chromium; null where it has. */
async function whyNoAdapter(): Promise<string | null> {
  const server = await serveSite(siteFolder, { isolated: false });
  try {
    return await withBrowser(async (browser) => {
      const page = await browser.newPage();
      await page.goto(server.address);
      return page.evaluate(async () => {
        if (!navigator.gpu) return 'this Chromium has no WebGPU';
        return (await navigator.gpu.requestAdapter()) ? null : 'this Chromium has no software adapter';
      });
    });
  } finally {
    await server.close();
  }
}

const absent = await whyNoAdapter();
if (absent !== null && process.env['SELFCURE_ENGINES'] === 'all') throw new Error(absent);
if (absent !== null) console.warn(`the page is not tested on WebGPU: ${absent}`);

/** Small: the adapter is slow. */
const fields = { samples: '140', epochs: '3', recipe: 'scn' };

const trainButton = (page: Page): Locator => page.getByRole('button', { name: 'Train', exact: true });
const titleOf = (page: Page): Promise<string | null> => page.locator('#engine-title').textContent();

async function takeWebGpu({ page }: Visit): Promise<void> {
  await page.getByText('Choose another engine').click();
  await page.getByRole('radio', { name: 'WebGPU' }).check();
  await page.getByText(/^Engine: WebGPU, since you chose it\.$/).waitFor();
}

/** Waits for a step of an epoch. */
async function during({ page }: Visit, epoch: number, step: number): Promise<void> {
  await page.waitForFunction(
    ([wanted, least]) => {
      const [, at, done] = /^Epoch (\d+) .*step (\d+) /.exec(document.querySelector('#step')?.textContent ?? '') ?? [];
      return Number(at) === wanted && Number(done) >= least;
    },
    [epoch, step] as const,
  );
}

/** Ends the graphics process, as a driver that fails does. */
async function crashGpu(browser: Browser): Promise<void> {
  const devtools = await browser.newBrowserCDPSession();
  await devtools.send('Browser.crashGpuProcess');
  await devtools.detach();
}

/** Waits until all canvases of a kind show something. */
async function isDrawn(page: Page, selector: string): Promise<void> {
  await page.waitForFunction((wanted) => {
    const canvases = [...document.querySelectorAll<HTMLCanvasElement>(wanted)];
    return (
      canvases.length > 0 &&
      canvases.every((canvas) => {
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        return data.some((byte) => byte > 0);
      })
    );
  }, selector);
}

/** A run on WebGPU with something in between, and without a network. */
async function finishOnWebGpu(
  browser: Browser,
  between: (open: Visit) => Promise<void>,
  options: VisitOptions = {},
): Promise<Results> {
  let files: Results | undefined;
  await visiting(browser, options, async (open) => {
    await takeWebGpu(open);
    await open.fill(fields);
    await trainButton(open.page).click();
    await between(open);
    await open.phase('finished');
    files = await open.results();
  });
  return files!;
}

const lossesOf = (page: Page): Promise<number[]> =>
  page
    .locator('#epochs tbody tr')
    .evaluateAll((rows) => rows.map((row) => Number(row.querySelectorAll('td')[1]!.textContent)));

describe.skipIf(absent !== null)(`the page on WebGPU${absent === null ? '' : ` [${absent}]`}`, () => {
  it(
    'prefers WebAssembly to a software adapter, and takes it where the user wants, without a request',
    { timeout: 240_000 },
    async () => {
      await withBrowser((browser) =>
        visiting(browser, {}, async (open) => {
          const { page, server, requests } = open;
          expect(await titleOf(page)).toBe('WebAssembly, several threads');
          expect(await page.locator('#engine-others').innerText()).toBe(
            'WebGPU runs only if you choose it: its only adapter (google swiftshader) computes on the processor, ' +
              'where WebAssembly is much faster.',
          );
          await page.context().setOffline(true);
          const [asked, served] = [requests.length, server.requests.length];

          // By keyboard.
          await page.getByText('Choose another engine').focus();
          await page.keyboard.press('Enter');
          await page.keyboard.press('Tab');
          await page.keyboard.press('ArrowUp');
          await page.getByText(/^Engine: WebGPU, since you chose it\.$/).waitFor();

          await open.fill(fields);
          await trainButton(page).click();
          await page.getByText(/^\d+ of \d+ kernels compiled$/).waitFor();
          expect(await page.locator('#status').textContent()).toMatch(/^Compiling \d+ kernels, once a visit\.$/);
          expect(await page.getByRole('radio', { name: 'WebGPU' }).isDisabled()).toBe(true);
          await open.phase('finished');
          expect(await page.locator('#run-engines').textContent()).toBe('Begun on WebGPU.');

          // Another engine, in Node, on the same setup.
          const backend = await wasm();
          const source = { kind: 'faces', samples: 140, noise: 0.3 } as const;
          const { facts: _, ...options } = prepare({ source, recipe: 'scn', epochs: 3, seed: 0 });
          const { history } = await train({ ...options, backend });
          await backend.close();
          const losses = await lossesOf(page);
          expect(losses).toHaveLength(3);
          losses.forEach((loss, i) => expect(Math.abs(loss - history.epochs[i]!.loss)).toBeLessThan(0.01));

          expect((await open.results()).labels.length).toBeGreaterThan(0);
          expect(server.requests.slice(served)).toEqual([]);
          expect(requests.slice(asked).filter((address) => !address.startsWith('blob:'))).toEqual([]);
        }),
      );
    },
  );

  it('goes on after a lost device, and after a reload, with the same bits', { timeout: 240_000 }, async () => {
    const uninterrupted = await withBrowser((browser) => finishOnWebGpu(browser, async () => {}));
    const lost = await withBrowser((browser) =>
      finishOnWebGpu(browser, async (open) => {
        const { page } = open;
        await during(open, 2, 2);
        await crashGpu(browser);
        const alert = page.getByRole('alert');
        await alert
          .getByText(/^WebGPU stopped: the graphics device was lost .* up to the end of epoch 1 is kept/)
          .waitFor();
        // Chromium drops what canvases hold too: the page draws it again.
        for (const canvas of ['#faces canvas', '#portrait', '.chart canvas']) await isDrawn(page, canvas);
        await alert.getByText('Details').click();
        expect(await alert.locator('details p').textContent()).toMatch(/device was lost \(unknown\)/);
        await alert.getByRole('button', { name: 'Continue on WebGPU' }).click();
        await during(open, 2, 4);
        expect(await alert.textContent()).toBe('');
        await during(open, 3, 1);
        await open.reload();
        expect(await titleOf(page)).toBe('WebGPU');
        expect(await page.locator('#engine-reason').textContent()).toBe(
          ', since the run that is kept was trained on it.',
        );
        expect(await page.locator('#status').textContent()).toBe('Paused before epoch 3 of 3.');
        await page.getByRole('button', { name: 'Continue', exact: true }).click();
      }),
    );
    expect(lost).toEqual(uninterrupted);
  });

  it('goes on with WebAssembly after a lost device, and says so', { timeout: 240_000 }, async () => {
    await withBrowser((browser) =>
      visiting(browser, { search: '?engine=webgpu' }, async (open) => {
        const { page, server } = open;
        expect(await page.locator('#engine').innerText()).toBe(
          'Engine: WebGPU, since the address of this page asks for it.',
        );
        await open.fill(fields);
        await trainButton(page).click();
        await during(open, 2, 1);
        await page.context().setOffline(true);
        const served = server.requests.length;
        await crashGpu(browser);
        await page.getByRole('button', { name: 'Continue on WebAssembly, several threads' }).click();
        await open.phase('finished');
        expect(await page.locator('#run-engines').textContent()).toMatch(
          /^Begun on WebGPU, from epoch 2 on WebAssembly, several threads\. They round differently \(WebGPU \(google swiftshader\); WebAssembly/,
        );
        expect(await titleOf(page)).toBe('WebAssembly, several threads');
        expect(await lossesOf(page)).toHaveLength(3);
        await open.results();
        expect(server.requests.slice(served)).toEqual([]);
      }),
    );
  });
});
