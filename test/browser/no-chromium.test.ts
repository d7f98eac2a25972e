/** Runs in Node, in place of the tests in pages where there is no Chromium: skipped with the reason, or a failure where it is demanded. */
import { describe, it } from 'vitest';
import { whyNoChromium } from './chromium-path.ts';

const reason = whyNoChromium();

if (process.env['SELFCURE_ENGINES'] === 'all') {
  it('Chromium is available', () => {
    throw new Error(`SELFCURE_ENGINES=all, and Chromium is absent: ${reason}`);
  });
} else {
  console.warn(`Chromium is absent, its tests are skipped: ${reason}`);
  describe.skip(`Chromium [absent: ${reason}]`, () => {
    it('tests in a page', () => {});
  });
}
