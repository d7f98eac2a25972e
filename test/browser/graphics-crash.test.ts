import { describe, expect, it } from 'vitest';
import { cdp } from 'vitest/browser';
import { encodeTrainState, scn, train, TrainError } from '@selfcure/core';
import type { TrainOptions } from '@selfcure/core';
import type { Backend } from '@selfcure/tensor';
import { webgpu, WebGpuDeviceLostError } from '@selfcure/webgpu';
import { whyNoWebGpu } from '../../adapters/webgpu/test/open.ts';
import { tinyModel } from '../../adapters/webgpu/test/tiny-model.ts';
import { stripes } from '../../packages/core/test/stripes.ts';

const absent = await whyNoWebGpu();

/** The browser's debugging protocol, as far as it is used here. */
interface Debugger {
  send(method: 'Browser.crashGpuProcess'): Promise<unknown>;
}

describe.skipIf(absent)('a graphics process that crashes', () => {
  it('ends the run with a typed error; continued, it ends with the same labels and weights', async () => {
    const options = (backend: Backend, more: Partial<TrainOptions> = {}): TrainOptions => ({
      backend,
      model: tinyModel,
      recipe: scn({ preset: 'official-code', relabelEpoch: 1, margin2: 0.05 }),
      data: stripes({ samples: 48 }),
      batchSize: 8,
      epochs: 4,
      ...more,
    });
    const undisturbed = await webgpu();
    const whole = await train(options(undisturbed));
    await undisturbed.close();

    const first = await webgpu();
    const crash = {
      name: 'crash',
      onStepEnd: async ({ epoch, step }: { epoch: number; step: number }) => {
        if (epoch === 3 && step === 2) await (cdp() as unknown as Debugger).send('Browser.crashGpuProcess');
      },
    };
    const error: unknown = await train(options(first, { callbacks: [crash] })).catch((reason: unknown) => reason);
    await first.close();
    expect(error).toBeInstanceOf(TrainError);
    const { cause, state } = error as TrainError;
    expect(cause).toBeInstanceOf(WebGpuDeviceLostError);
    expect((cause as Error).message).toMatch(/device was lost \(unknown\)/);
    expect(state).toMatchObject({ epoch: 3, step: 0 });

    const second = await webgpu();
    const resumed = await train(options(second, { resume: state }));
    await second.close();
    const timeless = ({ state: end }: typeof whole): Uint8Array =>
      encodeTrainState({ ...end, history: end.history.map((log) => ({ ...log, seconds: 0 })) });
    expect(timeless(resumed)).toEqual(timeless(whole));
    expect(resumed.ledger.changes()).toEqual(whole.ledger.changes());
    expect(whole.ledger.changes().length).toBeGreaterThan(state.ledger.log.length);
  });
});
