/** Timers get a turn while an engine that answers at once is busy, whatever the clock does. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ce, evaluate, train } from '@selfcure/core';
import { faceCnn } from '@selfcure/models';
import { reference } from '@selfcure/reference';
import { stripes } from './stripes.ts';

const model = faceCnn({ classes: 4, size: 12, width: 0.125 });
const settings = { backend: reference(), model, recipe: ce(), data: stripes(), batchSize: 16 };

/** Steps that a training of 60 does before a timer ends it that was set as it began. */
async function stepsBeforeTimer(): Promise<number> {
  const signal = { aborted: false };
  let steps = 0;
  const run = await train({
    ...settings,
    epochs: 10,
    signal,
    callbacks: [
      {
        name: 'Timer',
        onTrainBegin: () => void setTimeout(() => (signal.aborted = true), 0),
        onStepEnd: () => void steps++,
      },
    ],
  });
  expect(run.end).toBe(steps === 60 ? 'finished' : 'paused');
  return steps;
}

describe('a busy run', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('lets timers have a turn where the clock stands still between I/O, as in Cloudflare Workers', async () => {
    vi.spyOn(Date, 'now').mockReturnValue(1_700_000_000_000);
    expect(await stepsBeforeTimer()).toBeLessThan(12);
  });

  it('does so where the clock is set back', async () => {
    let time = 1_700_000_000_000;
    vi.spyOn(Date, 'now').mockImplementation(() => (time -= 1000));
    expect(await stepsBeforeTimer()).toBeLessThan(12);
  });

  it('does so while it evaluates', async () => {
    const trained = await train({ ...settings, epochs: 1 });
    vi.spyOn(Date, 'now').mockReturnValue(1_700_000_000_000);
    let turn = false;
    setTimeout(() => (turn = true), 0);
    await evaluate({ backend: settings.backend, model: trained.model, data: settings.data, batchSize: 8 });
    expect(turn).toBe(true);
  });

  it('waits for nothing as long as a clock that runs says that nobody has waited', async () => {
    // Ten steps in each millisecond of the clock: no yield in the first 30 milliseconds, which is longer than the run.
    let calls = 0;
    vi.spyOn(Date, 'now').mockImplementation(() => 1_700_000_000_000 + Math.floor(calls++ / 3));
    expect(await stepsBeforeTimer()).toBeGreaterThan(12);
  });
});
