import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright';
import { expect } from 'vitest';
import { serveSite } from './site-server.ts';
import type { SiteServer } from './site-server.ts';

/** A page of the built site in a context of its own. */
export interface Visit {
  readonly page: Page;
  readonly server: SiteServer;
  /** Everything that the page and its workers asked for, by any address. */
  readonly requests: readonly string[];
  /** Errors that nobody caught, and refusals of the page's policy. */
  readonly errors: readonly string[];
  /** Milliseconds since the page was opened or loaded anew. */
  sinceLoad(): number;
  reload(): Promise<void>;
  /** Waits until a run is in one of the phases. */
  phase(...phases: readonly string[]): Promise<void>;
  /** Fills the form: by name of the field. */
  fill(fields: Readonly<Record<string, string>>): Promise<void>;
  /** The bytes of a download. */
  download(file: string): Promise<Buffer>;
  /** Labels and model of a run. */
  results(): Promise<Results>;
  close(): Promise<void>;
}

/** How the page is opened. */
export interface VisitOptions {
  /** Whether the server sends the headers that threads need. Default true. */
  readonly isolated?: boolean;
  /** Of the address. */
  readonly search?: string;
  readonly context?: BrowserContextOptions;
}

/** What a run ends with, as files. */
export type Results = Readonly<Record<'labels' | 'changes' | 'model', Buffer>>;

/** Where the built site is. */
export const siteFolder: string = fileURLToPath(new URL('../dist', import.meta.url));

/** Opens the page for one test, and closes it whatever happens; nothing may have gone wrong in it that nobody caught. */
export async function visiting(
  browser: Browser,
  options: VisitOptions,
  test: (visit: Visit) => Promise<void>,
): Promise<void> {
  const open = await visit(browser, options);
  try {
    await test(open);
    expect(open.errors).toEqual([]);
  } finally {
    await open.close();
  }
}

/** Opens the page and waits until it is ready. */
export async function visit(
  browser: Browser,
  { isolated = true, search = '', context: options = {} }: VisitOptions = {},
): Promise<Visit> {
  const server = await serveSite(siteFolder, { isolated });
  const context = await browser.newContext({ acceptDownloads: true, ...options });
  const page = await context.newPage();
  const requests: string[] = [];
  const errors: string[] = [];
  let loaded = Date.now();
  context.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('dialog', (dialog) => void dialog.accept());

  const phase = async (...phases: readonly string[]): Promise<void> => {
    await page.waitForFunction((wanted) => wanted.includes(document.body.dataset['phase'] ?? ''), [...phases], {
      timeout: 100_000,
    });
  };
  const download = async (file: string): Promise<Buffer> => {
    const [taken] = await Promise.all([page.waitForEvent('download'), page.locator(`[data-file="${file}"]`).click()]);
    return readFile(await taken.path());
  };
  await page.goto(server.address + search);
  await phase('idle', 'paused', 'finished');
  return {
    page,
    server,
    requests,
    errors,
    sinceLoad: () => Date.now() - loaded,
    reload: async () => {
      loaded = Date.now();
      await page.reload();
      await phase('idle', 'paused', 'finished');
    },
    phase,
    fill: async (fields) => {
      for (const [name, value] of Object.entries(fields)) {
        const field = page.locator(`[name=${name}]`);
        if ((await field.evaluate((element) => element.tagName)) === 'SELECT') await field.selectOption(value);
        else await field.fill(value);
      }
    },
    download,
    results: async () => ({
      labels: await download('labels.csv'),
      changes: await download('changes.csv'),
      model: await download('model.safetensors'),
    }),
    close: async () => {
      await context.close();
      await server.close();
    },
  };
}
