/**
 * Engines that not every machine has: their suites are skipped with the reason, or, where `SELFCURE_ENGINES=all` says
 * that the machine must have every engine, the absence is a failure.
 *
 * @module
 */
import { describe, it } from 'vitest';
import type { Backend } from '@selfcure/tensor';
import { describeBackend } from './describe-backend.ts';
import type { ConformanceOptions } from './describe-backend.ts';

/** Why an engine cannot be opened here; null where it can. The backend that was tried is closed again. */
export async function whyAbsent(factory: () => Promise<Backend>): Promise<string | null> {
  try {
    await (await factory()).close();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * {@link describeBackend} for an engine that may be absent.
 *
 * @param factory opens the engine; imports its package inside, so that a missing package is an absence too.
 * @param demanded whether absence is a failure. Default: `SELFCURE_ENGINES` is `all`.
 * @example
 * await describeEngine('webgpu', async () => (await import('@selfcure/webgpu')).webgpu());
 */
export async function describeEngine(
  name: string,
  factory: () => Promise<Backend>,
  options: ConformanceOptions = {},
  demanded: boolean = process.env['SELFCURE_ENGINES'] === 'all',
): Promise<void> {
  const reason = await whyAbsent(factory);
  if (reason === null) return describeBackend(name, factory, options);
  if (demanded) {
    it(`${name} is available`, () => {
      throw new Error(`SELFCURE_ENGINES=all, and ${name} is absent: ${reason}`);
    });
    return;
  }
  console.warn(`${name} is absent, its suite is skipped: ${reason}`);
  describe.skip(`${name} [absent: ${reason}]`, () => {
    it('conformance', () => {});
  });
}
