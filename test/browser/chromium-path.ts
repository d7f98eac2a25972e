import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Options of a launch: the Chromium of the system, or the one that `SELFCURE_CHROMIUM` names; without either playwright's own, if it was downloaded. */
export function chromiumOptions(): { readonly executablePath?: string } {
  const executablePath =
    process.env['SELFCURE_CHROMIUM'] ??
    ['chromium', 'chromium-browser', 'google-chrome']
      .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))
      .find(existsSync);
  return executablePath === undefined ? {} : { executablePath };
}
