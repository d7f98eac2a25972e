import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright';
import type { Browser } from 'playwright';

/** The Chromium of the system, or the one that `SELFCURE_CHROMIUM` names; without either playwright's own, if it was downloaded. */
export async function launchChromium(): Promise<Browser> {
  const executablePath =
    process.env['SELFCURE_CHROMIUM'] ??
    ['chromium', 'chromium-browser', 'google-chrome']
      .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))
      .find(existsSync);
  return chromium.launch(executablePath === undefined ? {} : { executablePath });
}
