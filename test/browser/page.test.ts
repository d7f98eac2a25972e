import { expect, it } from 'vitest';
import { wasm } from '@selfcure/wasm';
import { page } from '../conformance/page.ts';

it('an ordinary page shares no memory, so there are no threads', async () => {
  expect(crossOriginIsolated).toBe(false);
  expect(typeof SharedArrayBuffer).toBe('undefined');
  await expect(wasm({ ...page, threads: 2 })).rejects.toThrow(/Cross-Origin-Opener-Policy/);
});
