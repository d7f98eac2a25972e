import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

// The benchmark looks for the adapter by itself; the look for it here changes the environment.
const environment = { ...process.env };
const { whyNoWebGpu } = await import('../../adapters/webgpu/test/open.ts');

// The benchmarks are JavaScript without declarations.
const { checkBuilds } = await import(new URL('../../bench/build-check.mjs', import.meta.url).href);

/** Why the benchmark cannot run here; null where it can. */
async function whyNot(): Promise<string | null> {
  try {
    checkBuilds(() => {});
  } catch (error) {
    if (process.env['SELFCURE_ENGINES'] === 'all') throw error;
    return (error as Error).message;
  }
  return whyNoWebGpu();
}

const absent = await whyNot();

/** Runs `npm run bench:step`: the last line of its output, and what it said on the way. */
async function benchStep(...args: string[]): Promise<{ readonly last: string; readonly errors: string }> {
  const program = fileURLToPath(new URL('../../bench/step.mjs', import.meta.url));
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  await once(child, 'close');
  return { last: output.trimEnd().split('\n').at(-1)!, errors };
}

it('bench:step ends with what both sides asked of WebGPU', { timeout: 300_000 }, async (context) => {
  if (absent !== null) context.skip(absent);
  const { last, errors } = await benchStep(
    ...['--backend', 'webgpu', '--model', 'small', '--batch', '2', '--size', '8', '--recipe', 'ce'],
    ...['--peer', 'self', '--turn', '0.001', '--quiet-within', '0'],
  );
  expect(last, errors).toMatch(/^{/);
  const found = JSON.parse(last);
  expect(found).toMatchObject({
    where: 'node',
    model: 'small',
    size: 8,
    channels: 3,
    batch: 2,
    rounds: 9,
    loss_difference: 0,
    second_loss_difference: 0,
    selfcure: { name: 'selfcure webgpu', threads: 1, recipe: 'ce', variant: 'default' },
  });
  expect(found.ratio).toBeGreaterThan(0);
  for (const side of [found.selfcure, found.peer]) {
    expect(side).toMatchObject({ adapter: found.selfcure.adapter, dispatches: found.selfcure.dispatches });
    // Three products for each of six convolutions, but for one gradient of the images.
    expect(side.dispatches).toBeGreaterThanOrEqual(17);
    // Images, targets and weights of a batch; loss and probabilities of every sample.
    expect(side.bytes_moved.uploads).toBeGreaterThanOrEqual(4 * (2 * 8 * 8 * 3 + 2 * 7 + 2));
    expect(side.bytes_moved.read_backs).toBeGreaterThanOrEqual(4 * (2 + 2 * 7));
    expect(side.kernel_ms === null || side.kernel_ms > 0).toBe(true);
  }
});
