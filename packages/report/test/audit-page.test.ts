import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deflateSync } from 'node:zlib';
import type { Dataset } from '@selfcure/core';
import { renderAudit, renderReview } from '@selfcure/report';
import type { AuditFacts } from '@selfcure/report';
import { chromium } from 'playwright';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumOptions, whyNoChromium } from '../../../test/browser/chromium-path.ts';
import { pixel } from './fabricated.ts';
import { all, parse, select, textOf } from './markup.ts';
import { decodePng } from './png.ts';

const hostile = [
  '</script><script>globalThis.hacked=1</script>',
  '<img src=x onerror="globalThis.hacked=2">',
  '"><svg onload=globalThis.hacked=3>',
  '=cmd|\' /C calc\'!A0, with "quotes"',
];

/** An audit of `size` samples that never happened: all of them suspected, the last the most. */
function fabricateAudit(size: number, classes: readonly string[] = ['angry', 'happy', 'sad'], side = 6) {
  const given = Int32Array.from({ length: size }, (_, i) => i % classes.length);
  const area = side * (side - 1);
  const data: Dataset = {
    name: 'fabricated',
    size,
    classes,
    shape: [side, side - 1, 1],
    labels: given,
    fingerprint: `fabricated ${size}`,
    read: (ids) =>
      Uint8Array.from({ length: ids.length * area }, (_, i) => pixel(ids[Math.floor(i / area)]!, i % area)),
  };
  const even = classes.map(() => classes.map(() => 1 / classes.length));
  const audit: AuditFacts = {
    given,
    suspicion: given.map((_, i) => i).map((i) => i / size) as ArrayLike<number>,
    suggested: given.map((label) => (label + 1) % classes.length),
    verdicts: Array.from(given, (_, i) => (i % 2 === 0 ? 'wrong' : 'ambiguous')),
    order: given.map((_, i) => size - 1 - i),
    noise: { share: 0.25, low: 0.2, high: 0.3, basis: '25 of 100 labels that were verified at random are wrong' },
    transition: { matrix: even, standardError: even.map((row) => row.map(() => 0.0123)), basis: '100 verified labels' },
    list: {
      count: size,
      rate: 0.2,
      basis: 'calibrated on 100 verified labels',
      check: { count: 3, of: 12, low: 0.05, high: 0.57 },
    },
    conflicts: [{ samples: [0, 1], labels: [0, 1], identical: true }],
    warnings: [],
    quality: null,
    evidence: { source: 'one network, averaged over its 5 training passes' },
  };
  return { data, audit };
}

const render = (size: number, classes?: readonly string[], nameOf?: (sample: number) => string): Promise<string> =>
  renderAudit({
    title: 'An audit',
    manifest: { seed: 0 },
    ...fabricateAudit(size, classes),
    ...(nameOf && { nameOf }),
    deflate: (bytes) => deflateSync(bytes),
  });

/** What {@link parse} can read: scripts taken out. */
const withoutScripts = (text: string): string => text.replaceAll(/<script[^>]*>.*?<\/script>/gs, '');

describe('the page as text', () => {
  test('says what was found with its uncertainty, and holds the matrix with standard errors', async () => {
    const page = parse(withoutScripts(await render(30)));
    const text = textOf(select(page, 'main')[0]!);
    expect(text).toContain('About 25.0 % of 30 labels are wrong (95 %: 20.0 % to 30.0 %), by 25 of 100 labels');
    expect(text).toContain('30 labels are suspected: of these, at most 20.0 % should be right after all');
    expect(text).toContain('25.0 % (3 of 12; 95 %: 5.0 % to 57.0 %) are right');
    const cells = select(select(page, '.transition')[0]!, 'td').map(textOf);
    expect(cells.filter((cell) => cell !== '')).toEqual(new Array(9).fill('33.3 ± 1.2'.replace(' ', '')));
    expect(textOf(select(page, 'details')[0]!)).toContain('0, 1angry, happy');
  });

  test('runs one script, by its hash', async () => {
    const text = await render(10);
    const scripts = [...text.matchAll(/<script(?<kind>[^>]*)>(?<body>.*?)<\/script>/gs)].map(({ groups }) => groups!);
    expect(scripts.map(({ kind }) => kind)).toEqual([' type="application/json" id="review-data"', '']);
    const hash = createHash('sha256').update(scripts[1]!['body']!).digest('base64');
    const policy = select(parse(withoutScripts(text)), 'meta').find((meta) => meta.attributes['http-equiv'])!;
    expect(policy.attributes['content']).toBe(
      `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    );
  });

  test('no text of the data becomes markup', async () => {
    const text = await render(12, [...hostile.slice(0, 3), 'plain'], (sample) => `${hostile[sample % 4]}${sample}`);
    // The strict reader knows the page's own tags alone, and nothing that starts a script.
    const page = parse(withoutScripts(text));
    expect(text.match(/<script/g)).toHaveLength(2);
    for (const { name, attributes } of all(page, () => true)) {
      expect(['img', 'iframe', 'object', 'embed', 'link', 'base', 'form', 'a']).not.toContain(name);
      for (const key of Object.keys(attributes)) expect(key).not.toMatch(/^on|href|src/);
    }
    expect(select(page, '.card').map(textOf)[0]).toContain(`${hostile[3]}11`);
  });

  test('pictures are the images, in the order of the list', async () => {
    const text = await render(230);
    const style = textOf(select(parse(withoutScripts(text)), 'style')[0]!);
    const sheets = [...style.matchAll(/\.sheet-\d+\{background-image:url\(data:image\/png;base64,([^)]+)\)\}/g)].map(
      ([, data]) => decodePng(Buffer.from(data!, 'base64')),
    );
    expect(sheets.map(({ width, height }) => [width, height])).toEqual([
      [20 * 5, 10 * 6],
      [20 * 5, 2 * 6],
    ]);
    // The 200 + 21 + 1st in the list is sample 7: second row, second column of the second sheet.
    const { pixels } = sheets[1]!;
    for (let y = 0; y < 6; y++)
      for (let x = 0; x < 5; x++) expect(pixels[(6 + y) * 100 + 5 + x]).toBe(pixel(8, y * 5 + x));
  });

  test('a blind review holds no given label', async () => {
    const { data } = fabricateAudit(20, ['Annot', 'Bnnot', 'Cnnot']);
    const input = { title: 'A review', manifest: null, data, samples: [4, 2, 9], choice: 'random' } as const;
    const rows = (text: string): unknown =>
      (JSON.parse(/id="review-data">(.*?)<\/script>/s.exec(text)![1]!) as { items: unknown }).items;
    expect(rows(await renderReview(input))).toEqual(
      [4, 2, 9].map((sample) => [String(sample), null, null, null, null]),
    );
    const blind = parse(withoutScripts(await renderReview(input)));
    for (const card of select(blind, '.card')) expect(textOf(card)).toMatch(/^\d+$/);
    expect(rows(await renderReview({ ...input, given: data.labels }))).toEqual([
      ['4', 1, null, null, null],
      ['2', 2, null, null, null],
      ['9', 0, null, null, null],
    ]);
  });
});

describe.skipIf(whyNoChromium() !== null)('the page in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'selfcure-audit-page-'));
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch(chromiumOptions());
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens a page of its own storage, from a file as a user does; what the console says goes to `said`. */
  async function open(text: string, said: string[] = [], size = { width: 1100, height: 800 }): Promise<Page> {
    const path = join(folder, `${createHash('sha256').update(text).digest('hex')}.html`);
    writeFileSync(path, text);
    const context = await browser.newContext({ viewport: size, acceptDownloads: true });
    const page = await context.newPage();
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    await page.goto(pathToFileURL(path).href);
    return page;
  }
  const exported = async (page: Page, kind: 'csv' | 'json'): Promise<string> => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(`#export-${kind}`)]);
    return readFileSync(await download.path(), 'utf8');
  };
  const current = (page: Page): Promise<string> => page.locator('#sample').innerText();

  test('decides by keyboard, undoes, saves, filters and exports', async () => {
    const said: string[] = [];
    const page = await open(await render(12), said);
    expect(await current(page)).toBe('Sample 11');
    // Sample 11 is given 2 and suggested 0, 10: 1 and 2, 9: 0 and 1, 8: 2, 7: 1.
    for (const key of ['a', 'k', '3', 'd']) await page.keyboard.press(key);
    expect(await current(page)).toBe('Sample 7');
    expect(await page.locator('#status').innerText()).toBe('4 of 12 decided; at 5. Saved in this browser.');
    expect(await page.locator('#said').innerText()).toBe('Sample 8: left out');
    await page.keyboard.press('1');
    await page.keyboard.press('u');
    expect(await current(page)).toBe('Sample 7');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    expect(await current(page)).toBe('Sample 9');
    expect(await page.locator('#decided').innerText()).toBe('Decision: sad');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('9');

    const lines = [
      'sample,decision,label,given,suggested,choice',
      '11,accept,angry,sad,angry,audit',
      '10,keep,happy,happy,sad,audit',
      '9,label,sad,angry,happy,audit',
      '8,drop,,sad,angry,audit',
    ];
    await page.reload();
    expect(await current(page)).toBe('Sample 9');
    expect(await exported(page, 'csv')).toBe(`${lines.join('\n')}\n`);
    expect(JSON.parse(await exported(page, 'json'))).toMatchObject({
      format: 'selfcure-decisions-1',
      decisions: [{ sample: '11', decision: 'accept', label: 'angry' }, {}, {}, { decision: 'drop', label: '' }],
    });

    // Given 0 and not decided: samples 6, 3, 0; moving and deciding stay among them.
    await page.selectOption('#by-given', '0');
    await page.selectOption('#by-state', 'open');
    const visible = page.locator('.cards li:not([hidden])');
    expect(await visible.count()).toBe(3);
    await page.locator('body').click({ position: { x: 1, y: 1 } });
    await page.keyboard.press('ArrowRight');
    expect(await current(page)).toBe('Sample 6');
    await page.keyboard.press('k');
    expect(await current(page)).toBe('Sample 3');
    expect(await visible.count()).toBe(2);
    await page.selectOption('#by-verdict', 'wrong');
    await page.selectOption('#by-suggested', '2');
    expect(await page.locator('#nothing').isVisible()).toBe(true);

    // Shortcuts can be switched off.
    await page.uncheck('#keys');
    await page.locator('body').click({ position: { x: 1, y: 1 } });
    await page.keyboard.press('d');
    expect(await page.locator('#status').innerText()).toContain('5 of 12 decided');
    expect(said).toEqual([]);
    await page.context().close();
  });

  test('does the same by pointer, on a narrow screen, without moving sideways', async () => {
    const page = await open(await render(12, ['a very long name of a class indeed', 'happy', 'sad']), [], {
      width: 360,
      height: 740,
    });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await page.click('.cards li:nth-child(3) button');
    expect(await current(page)).toBe('Sample 9');
    await page.click('[data-label="2"]');
    await page.click('#keep');
    await page.click('#undo');
    expect(await current(page)).toBe('Sample 8');
    expect(await exported(page, 'csv')).toContain('\n9,label,sad,');
    await page.context().close();
  });

  test('names and roles are there for a screen reader, and one tab stop in the list', async () => {
    const page = await open(await render(12));
    for (const name of ['accept suggestion', 'keep given', 'leave out', 'previous image', 'CSV', 'happy'])
      expect(await page.getByRole('button', { name }).first().isVisible(), name).toBe(true);
    expect(await page.getByRole('region', { name: 'Review' }).count()).toBe(1);
    expect(await page.getByLabel('verdict').count()).toBe(1);
    expect(await page.locator('.card[tabindex="0"]').count()).toBe(1);
    expect(await page.locator('.card[aria-current="true"]').count()).toBe(1);
    await page.context().close();
  });

  test('hostile names and labels, in the page or in its storage, run nothing', async () => {
    const said: string[] = [];
    const page = await open(
      await render(12, [...hostile.slice(0, 3), 'plain'], (sample) => `${hostile[sample % 4]}${sample}`),
      said,
    );
    for (const key of ['a', 'k', '1', '2', 'd', 'u']) await page.keyboard.press(key);
    const csv = await exported(page, 'csv');
    expect(csv).toContain(`"${hostile[3]!.replaceAll('"', '""')}11"`);
    await page.evaluate(() => {
      for (const key of Object.keys(localStorage))
        localStorage.setItem(
          key,
          '{"decisions":[[0,{"action":"<img>","label":0}],[99,null],[1,{"action":"label","label":77}]],"past":[[0,{}]],"current":"<b>"}',
        );
    });
    await page.reload();
    expect(await page.locator('#status').innerText()).toBe('0 of 12 decided; at 1. Saved in this browser.');
    await page.evaluate(() => {
      for (const key of Object.keys(localStorage)) localStorage.setItem(key, '{');
    });
    await page.reload();
    expect(await page.locator('.ready').count()).toBe(1);
    expect(await page.evaluate(() => (globalThis as { hacked?: number }).hacked)).toBeUndefined();
    expect(said).toEqual([]);
    // And the policy holds where escaping would not.
    await page.evaluate(() =>
      document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="globalThis.hacked=4">'),
    );
    await page.waitForTimeout(100);
    expect(await page.evaluate(() => (globalThis as { hacked?: number }).hacked)).toBeUndefined();
    expect(said.join()).toContain('Content Security Policy');
    await page.context().close();
  });

  test('5,000 pictures: every one is in the page, the first are drawn, and it goes on deciding', async () => {
    const page = await open(await render(5000));
    expect(await page.locator('.card').count()).toBe(5000);
    const last = page.locator('.card').last();
    await last.scrollIntoViewIfNeeded();
    await last.click();
    expect(await current(page)).toBe('Sample 0');
    await page.keyboard.press('k');
    expect(await page.locator('#status').innerText()).toMatch(/^1 of 5000 decided/);
    await page.context().close();
  });
});
