import { decodeSafetensors, evaluate } from '@selfcure/core';
import { facesDataset, symmetricNoise } from '@selfcure/data';
import { wasm } from '@selfcure/wasm';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright';
import { loadModel } from 'selfcure';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium, noAdapter } from './chromium.ts';
import { visiting as visitingIn } from './visit.ts';
import type { Results, Visit, VisitOptions } from './visit.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium(noAdapter);
});
afterAll(() => browser?.close());

const visiting = (options: VisitOptions, test: (visit: Visit) => Promise<void>): Promise<void> =>
  visitingIn(browser, options, test);

/** The faces in the list of suspicious labels. */
const facesOf = (page: Page): Locator => page.getByRole('listbox', { name: 'Suspicious labels' }).getByRole('option');

const rowsOf = (csv: Buffer): string[][] =>
  String(csv)
    .trim()
    .split('\n')
    .map((line) => line.split(','));

describe('the page', () => {
  it('goes from load to exported labels, by keyboard, without a connection', async () => {
    await visiting({}, async (open) => {
      const { page, server, requests } = open;
      expect(await page.locator('meta[http-equiv=Content-Security-Policy]').getAttribute('content')).toMatch(
        /default-src 'none'.*connect-src blob:/,
      );
      await page.context().setOffline(true);
      const [asked, served] = [requests.length, server.requests.length];

      await open.fill({ epochs: '6', recipe: 'scn' });
      await page.keyboard.press('Enter');
      await page.locator('#results').waitFor({ timeout: 20_000 });
      expect(open.sinceLoad()).toBeLessThan(20_000);
      await open.phase('finished');

      const options = facesOf(page);
      await options.first().focus();
      const names = await options.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''));
      const first = /^Sample (\d+); given (\w+), .*; suggestion (\w+), /.exec(names[0]!)!;
      const second = /^Sample (\d+); given (\w+), /.exec(names[1]!)!;
      const third = /^Sample (\d+); given (\w+), /.exec(names[2]!)!;
      const fourth = /^Sample (\d+); given (\w+), /.exec(names[3]!)!;
      // Without waiting in between: accept, reject, relabel as 5 (sad), relabel as 1 and take it back.
      for (const key of ['a', 'r', '5', '1']) await page.keyboard.press(key);
      await page.getByText(/4 decisions/).waitFor();
      await page.keyboard.press('Control+z');
      await page.getByText(/decision taken back. 3 decisions/).waitFor();
      expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toContain(
        `Sample ${fourth[1]};`,
      );

      const { labels, changes, model } = await open.results();
      const [header, ...rows] = rowsOf(labels);
      expect(header).toEqual(['sample', 'file', 'given', 'current', 'dropped', 'verified']);
      const noisy = symmetricNoise(facesDataset({ samples: 1000, seed: 100 }), { rate: 0.3, seed: 0 });
      expect(rows.map((row) => row[2])).toEqual(Array.from(noisy.labels, (label) => noisy.classes[label]));
      expect(rows[Number(first[1])]).toEqual([first[1], '', first[2], first[3], '0', '1']);
      expect(rows[Number(second[1])]).toEqual([second[1], '', second[2], second[2], '0', '1']);
      expect(rows[Number(third[1])]).toEqual([third[1], '', third[2], 'sad', '0', '1']);
      expect(rows[Number(fourth[1])]![5]).toBe('0');
      expect(rows.filter((row) => row[5] === '1')).toHaveLength(3);
      expect(
        rowsOf(changes)
          .filter((row) => row[10] === 'person')
          .map((row) => [row[2], row[3]]),
      ).toEqual([
        [first[1], 'verify'],
        [second[1], 'verify'],
        [third[1], 'verify'],
        [fourth[1], 'verify'],
        [fourth[1], 'undo'],
      ]);
      const log = String(await open.download('changes.jsonl'));
      expect(log.trim().split('\n')).toHaveLength(rowsOf(changes).length - 1);

      // The model is what the page says it is: the command line reads it, and Node finds the same accuracy.
      expect(decodeSafetensors(model).metadata['format']).toBe('selfcure-model-1');
      const path = join(await mkdtemp(join(tmpdir(), 'site-')), 'model.safetensors');
      await writeFile(path, model);
      const backend = await wasm();
      const { accuracy } = await evaluate({
        backend,
        model: await loadModel(path),
        data: facesDataset({
          ...{ samples: 350, seed: 200, size: 32 },
          ...{ intensity: [0.6, 1], pose: 0.3, identity: 0.6, light: 0.6, occlusion: 0.1 },
        }),
      });
      await backend.close();
      const tile = page.locator('.tile', { hasText: 'Accuracy on clean faces' }).locator('dd');
      expect(Math.abs(parseFloat((await tile.textContent())!) / 100 - accuracy)).toBeLessThan(0.004);

      expect(server.requests.slice(served)).toEqual([]);
      expect(requests.slice(asked).filter((address) => !address.startsWith('blob:'))).toEqual([]);
    });
  });

  it('says why WebGPU is not taken, and lets the user take another engine', async () => {
    await visiting({}, async ({ page }) => {
      expect(await page.locator('#engine').innerText()).toMatch(
        /^Engine: WebAssembly, several threads, since the page is cross-origin isolated; \d threads\.$/,
      );
      expect(await page.locator('#engine-others').innerText()).toMatch(
        /^WebGPU is not available: this browser offers no graphics processor; /,
      );
      await page.getByText('Choose another engine').click();
      const engines = page.getByRole('group', { name: 'Engine' });
      const adapterless = engines.getByRole('radio', {
        name: 'WebGPU',
        description: /^is not available: this browser/,
      });
      expect(await adapterless.isDisabled()).toBe(true);
      expect(await engines.getByRole('radio', { name: 'WebAssembly, several threads' }).isChecked()).toBe(true);
      // By keyboard, there and back.
      await engines.getByRole('radio', { checked: true }).focus();
      await page.keyboard.press('ArrowDown');
      await page.getByText(/^Engine: WebAssembly, one thread, since you chose it\.$/).waitFor();
      await page.keyboard.press('ArrowUp');
      await page.getByText(/^Engine: WebAssembly, several threads, since you chose it\.$/).waitFor();
      expect(await engines.getByRole('radio', { checked: true }).getAttribute('value')).toBe('wasm-threads');
    });
  });

  it('may not connect to anywhere, nor may its worker', async () => {
    await visiting({}, async ({ page, server, errors }) => {
      const served = server.requests.length;
      const attempt = (address: string): Promise<string> =>
        fetch(address).then(
          () => 'connected',
          () => 'refused',
        );
      const workers = page.workers();
      expect(workers.length).toBeGreaterThan(0);
      for (const address of [server.address, `${server.address}?leak`]) {
        expect(await page.evaluate(attempt, address)).toBe('refused');
        expect(await workers[0]!.evaluate(attempt, address)).toBe('refused');
      }
      expect(server.requests.slice(served)).toEqual([]);
      expect(errors.every((error) => error.includes('Content Security Policy'))).toBe(true);
      (errors as string[]).length = 0;
    });
  });

  it('ends with the same bits after a pause and reloads in mid-run, and on one thread', async () => {
    const fields = { samples: '400', epochs: '16' };
    const uninterrupted = await finish({}, fields, async () => {});
    const cut = await finish({}, fields, async (open) => {
      const { page } = open;
      await inMidEpoch(open);
      const paused = await page.locator('#status').textContent();
      await open.reload();
      expect(await page.locator('#status').textContent()).toBe(paused);
      await page.getByRole('button', { name: 'Continue' }).click();
      // Without a pause, an epoch later: it goes on from the last whole epoch.
      const first = Number(/epoch (\d+)/.exec(paused!)![1]);
      await page.waitForFunction(
        (after) => Number(/^Epoch (\d+)/.exec(document.querySelector('#step')?.textContent ?? '')?.[1]) > after,
        first + 1,
      );
      await open.reload();
      const again = Number(/^Paused before epoch (\d+) of/.exec((await page.locator('#status').textContent())!)?.[1]);
      expect(again).toBeGreaterThan(first);
      expect(again).toBeLessThan(16);
      await page.getByRole('button', { name: 'Continue' }).click();
    });
    const plain = await finish({ isolated: false }, fields, async ({ page }) => {
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
      await expect(page.locator('#engine-title').textContent()).resolves.toBe('WebAssembly, one thread');
      expect(await page.locator('#engine-others').innerText()).toMatch(/several threads is not available: .*isolated/);
    });
    // Another number of threads has the same bits, in mid-run too.
    const switched = await finish({}, fields, async (open) => {
      const { page } = open;
      await inMidEpoch(open);
      await page.getByText('Choose another engine').click();
      await page.getByRole('radio', { name: 'WebAssembly, one thread' }).check();
      await page.getByText(/^Begun on WebAssembly, several threads\. It will go on with .*one thread\.$/).waitFor();
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByText(/^Begun on WebAssembly, several threads, from epoch \d+ on .*one thread\.$/).waitFor();
    });
    expect(cut).toEqual(uninterrupted);
    expect(plain).toEqual(uninterrupted);
    expect(switched).toEqual(uninterrupted);
  });

  it('trains on photos in folders, and keeps them to itself', async () => {
    const folder = await photoFolder();
    await visiting({}, async (open) => {
      const { page, server, requests } = open;
      const [asked, served] = [requests.length, server.requests.length];
      await page.getByLabel('Your photos').check();
      await page.getByRole('button', { name: 'Train', exact: true }).click();
      expect(await page.locator('#photos-status').textContent()).toMatch(/Choose or drop a folder/);
      await page.locator('#folder').setInputFiles(folder);
      expect(await page.locator('#photos-status').textContent()).toBe(
        '61 photos in 3 classes: angry 21, happy 20, sad 20. 1 image in no class folder left out.',
      );
      await page.getByText('No folders?').click();
      await page.locator('#class-files').setInputFiles([join(folder, 'beside.bmp')]);
      expect(await page.locator('#photos-status').textContent()).toMatch(/Name the class first/);
      await page.getByLabel('Class', { exact: true }).fill('sad');
      await page.locator('#class-files').setInputFiles([join(folder, 'beside.bmp')]);
      expect(await page.locator('#photos-status').textContent()).toMatch(/^62 photos in 3 classes.*sad 21/);
      await open.fill({ epochs: '3', size: '32' });
      await page.getByRole('button', { name: 'Train', exact: true }).click();
      await open.phase('finished');
      expect(await page.locator('#photos-status').textContent()).toMatch(/^1 file could not be read .*broken\.png/);
      const [, ...rows] = rowsOf(await open.download('labels.csv'));
      expect(rows).toHaveLength(61);
      expect(rows[0]!.slice(1, 3)).toEqual([expect.stringMatching(/\/angry\/0\.bmp$/), 'angry']);

      await open.reload();
      expect(await page.locator('#run-title').textContent()).toMatch(/^61 photos in 3 classes/);
      await facesOf(page).first().waitFor();
      expect(await facesOf(page).first().locator('canvas').getAttribute('width')).toBe('32');
      await page.getByRole('button', { name: 'Delete this run' }).click();
      await open.phase('idle');
      await open.reload();
      expect(await page.locator('#run-title').textContent()).toBe('');
      // Reloads ask for the page anew; nothing ever carried a body.
      expect(server.requests.slice(served).every((path) => !path.includes('bmp'))).toBe(true);
      expect(requests.slice(asked).every((address) => /^blob:|\/some\/folder\//.test(address))).toBe(true);
    });
  });

  it('takes a dropped folder', async () => {
    const folder = await photoFolder();
    await visiting({}, async ({ page }) => {
      await page.getByLabel('Your photos').check();
      const box = (await page.locator('#drop').boundingBox())!;
      const devtools = await page.context().newCDPSession(page);
      const data = { items: [], files: [folder], dragOperationsMask: 1 };
      for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
        await devtools.send('Input.dispatchDragEvent', { type, x: box.x + 20, y: box.y + 20, data });
      await page.getByText('61 photos in 3 classes').waitFor();
    });
  });

  it('works on a phone, by touch', async () => {
    const context = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
    await visiting({ context }, async (open) => {
      const { page } = open;
      await open.fill({ epochs: '3', samples: '210' });
      await page.getByRole('button', { name: 'Train', exact: true }).tap();
      await open.phase('finished');
      await facesOf(page).nth(4).tap();
      const accept = page.getByRole('button', { name: /^Accept/ });
      expect((await accept.boundingBox())!.y).toBeLessThan(740);
      await page.getByRole('group', { name: 'Relabel as' }).getByRole('button', { name: 'happy' }).tap();
      await page.getByText(/happy. 1 decision\./).waitFor();
      await page.getByRole('button', { name: 'Undo' }).tap();
      await page.getByText(/taken back. 0 decisions/).waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
      const small = await page.evaluate(() =>
        [...document.querySelectorAll('button, select, input')]
          .map((element) => element.getBoundingClientRect())
          .filter(({ width, height }) => width > 0 && (width < 18 || height < 18)),
      );
      expect(small).toEqual([]);
    });
  });

  it('keeps the run of one tab at a time, and says so in the other', async () => {
    await visiting({}, async ({ page, server }) => {
      const second = await page.context().newPage();
      await second.goto(server.address);
      await second.getByText(/another tab of this page is open/).waitFor();
      await second.getByRole('button', { name: 'Train', exact: true }).waitFor();
    });
  });
});

/** Trains from the form to the end, with something in between, and takes the results. */
async function finish(
  options: VisitOptions,
  fields: Readonly<Record<string, string>>,
  during: (open: Visit) => Promise<void>,
): Promise<Results> {
  let files: Results | undefined;
  await visiting(options, async (open) => {
    await open.fill(fields);
    await open.page.getByRole('button', { name: 'Train', exact: true }).click();
    await during(open);
    await open.phase('finished');
    files = await open.results();
  });
  return files!;
}

/** Pauses a run between two steps of an epoch. */
async function inMidEpoch({ page, phase }: Visit): Promise<void> {
  for (;;) {
    await page.waitForFunction(() =>
      /^Epoch [2-9] .*step [3-8] /.test(document.querySelector('#step')?.textContent ?? ''),
    );
    await page.evaluate(() => document.querySelector<HTMLButtonElement>('#pause')!.click());
    await phase('paused');
    if (/after step/.test((await page.locator('#status').textContent())!)) return;
    await page.getByRole('button', { name: 'Continue' }).click();
  }
}

/** A folder of procedural faces by expression, a file that is no image, and an image beside the folders. */
async function photoFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'photos-'));
  const faces = facesDataset({ samples: 140, seed: 9, size: 64 });
  for (const name of ['angry', 'happy', 'sad']) {
    await mkdir(join(folder, name));
    const ids = [...faces.labels.keys()].filter((id) => faces.classes[faces.labels[id]!] === name);
    for (const [at, id] of ids.entries())
      await writeFile(join(folder, name, `${at}.bmp`), bitmap(faces.read([id]), 64));
  }
  await writeFile(join(folder, 'angry', 'broken.png'), 'no image');
  await writeFile(join(folder, 'beside.bmp'), bitmap(faces.read([0]), 64));
  await writeFile(join(folder, 'sad', 'notes.txt'), 'passed over');
  return folder;
}

/** A grey image as a Windows bitmap of 24 bits a pixel, side a multiple of 4. */
function bitmap(pixels: Uint8Array, side: number): Buffer {
  const bytes = Buffer.alloc(54 + 3 * side * side);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(side, 18);
  bytes.writeInt32LE(-side, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  pixels.forEach((grey, i) => bytes.fill(grey, 54 + 3 * i, 57 + 3 * i));
  return bytes;
}
