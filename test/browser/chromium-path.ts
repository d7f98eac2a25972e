import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright';

/** Options of a launch: the Chromium of the system, or the one that `SELFCURE_CHROMIUM` names; without either playwright's own, if it was downloaded. */
export function chromiumOptions(): { readonly executablePath?: string } {
  const executablePath =
    process.env['SELFCURE_CHROMIUM'] ??
    ['chromium', 'chromium-browser', 'google-chrome']
      .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))
      .find(existsSync);
  return executablePath === undefined ? {} : { executablePath };
}

/** Why there is no Chromium to launch; null where there is, or should be, since `SELFCURE_CHROMIUM` names one. */
export function whyNoChromium(): string | null {
  if (process.env['SELFCURE_CHROMIUM']) return null;
  const path = chromiumOptions().executablePath ?? chromium.executablePath();
  return existsSync(path) ? null : `there is no ${path}. Install Chromium, or name its binary by SELFCURE_CHROMIUM`;
}
