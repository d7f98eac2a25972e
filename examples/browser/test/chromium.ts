import { chromium } from 'playwright';
import type { Browser } from 'playwright';
import { chromiumOptions } from '../../../test/browser/chromium-path.ts';

/** A browser for the tests of the page. */
export const launchChromium = (): Promise<Browser> => chromium.launch(chromiumOptions());
