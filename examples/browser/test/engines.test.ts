import { reference } from '@selfcure/reference';
import type { Backend } from '@selfcure/tensor';
import { describe, expect, it } from 'vitest';
import type { Engine, Finding } from '../src/engines/engine.ts';
import { openEngines } from '../src/engines/open-engines.ts';
import type { Engines } from '../src/engines/open-engines.ts';
import { lookForWebGpu, webGpu } from '../src/engines/web-gpu.ts';
import type { EngineReport } from '../src/protocol.ts';

const good: Finding = { fit: 'good', reason: 'it is there', arithmetic: 'numbers' };
const poor: Finding = { fit: 'poor', reason: 'it is slow', arithmetic: 'numbers' };
const none: Finding = { fit: 'none', reason: 'there is no adapter' };

/** An engine and what was done to it. */
function engine(name: string, finding: Finding, parts: Partial<Engine> = {}): Engine & { readonly log: string[] } {
  const log: string[] = [];
  return {
    log,
    name,
    title: `Engine ${name}`,
    look: async () => finding,
    load: async () => void log.push('load'),
    open: async (): Promise<Backend> => {
      log.push('open');
      const backend = reference();
      return { ...backend, close: async () => void log.push('close') };
    },
    explain: ({ message }) => (message === 'the device is gone' ? 'it was pulled out' : null),
    ...parts,
  };
}

interface Opened {
  readonly engines: Engines;
  /** The latest report. */
  report(): EngineReport;
}

async function open(
  table: readonly Engine[],
  wishes: { readonly address?: string; readonly run?: string } = {},
): Promise<Opened> {
  const reports: EngineReport[] = [];
  const engines = await openEngines(
    table,
    { address: wishes.address ?? null, run: wishes.run ?? null },
    { onProgress: () => {}, onChange: (report) => void reports.push(report) },
  );
  return { engines, report: () => reports.at(-1)! };
}

describe('openEngines', () => {
  it('takes the first that is worth it, says how the others stand, and loads those that run', async () => {
    const table = [
      engine('missing', none),
      engine('slow', poor),
      engine('broken', good, { open: () => Promise.reject(new Error('it has no memory')) }),
      engine('third', good),
      engine('fourth', good),
    ];
    const { engines, report } = await open(table);
    expect(report()).toEqual({
      name: 'third',
      title: 'Engine third',
      reason: 'it is there',
      arithmetic: 'numbers',
      options: [
        { name: 'missing', available: false, advised: false, reason: 'is not available: there is no adapter' },
        { name: 'slow', available: true, advised: false, reason: 'runs only if you choose it: it is slow' },
        { name: 'broken', available: true, advised: false, reason: 'did not start: it has no memory' },
        { name: 'third', available: true, advised: true, reason: 'runs here: it is there' },
        { name: 'fourth', available: true, advised: true, reason: 'runs here: it is there' },
      ].map((option) => ({ ...option, title: `Engine ${option.name}` })),
    });
    expect(table.map(({ log }) => log)).toEqual([[], ['load'], ['load'], ['open'], ['load']]);
    expect((await engines.ready()).name).toBe('third');
  });

  it('takes what the address asks for, or nothing', async () => {
    const table = [engine('first', good), engine('slow', poor), engine('missing', none)];
    const { report } = await open(table, { address: 'slow', run: 'first' });
    expect([report().name, report().reason]).toEqual(['slow', 'the address of this page asks for it']);
    await expect(open(table, { address: 'missing' })).rejects.toThrow(
      /Engine missing did not start: there is no adapter.*Leave '\?engine=missing' out/,
    );
    await expect(open(table, { address: 'nothing' })).rejects.toThrow(/no engine 'nothing'.*first, slow, missing/);
  });

  it('prefers the engine of the kept run where it runs', async () => {
    const table = [engine('first', good), engine('slow', poor), engine('missing', none)];
    const { report } = await open(table, { run: 'slow' });
    expect([report().name, report().reason]).toEqual(['slow', 'the run that is kept was trained on it']);
    const without = await open(table, { run: 'missing' });
    expect([without.report().name, without.report().reason]).toEqual(['first', 'it is there']);
  });

  it('takes a slow one where nothing else runs, and fails with all reasons where nothing does', async () => {
    const { report } = await open([engine('missing', none), engine('slow', poor)]);
    expect(report().name).toBe('slow');
    await expect(open([engine('missing', none)])).rejects.toThrow(
      /Engine missing is not available: there is no adapter.*Use a browser/,
    );
  });

  it('changes to the one that is chosen, and stays where that does not start', async () => {
    let works = true;
    const first = engine('first', good);
    const second = engine('second', good, {
      open: async () => {
        if (!works) throw new Error('it has no memory');
        return reference();
      },
    });
    const { engines, report } = await open([first, second]);
    await engines.take('second', 'you chose it');
    expect([report().name, report().reason]).toEqual(['second', 'you chose it']);
    expect(first.log).toEqual(['open', 'close']);
    await engines.take('first', 'you chose it');
    works = false;
    const error: unknown = await engines.take('second', 'you chose it').catch((cause: unknown) => cause);
    expect(engines.failed(error)).toBe('Engine second did not start');
    expect(report().name).toBe('first');
    expect(report().options[1]).toMatchObject({ available: true, reason: 'did not start: it has no memory' });
    expect(first.log).toEqual(['open', 'close', 'open']);
  });

  it('gives nobody an engine that is about to be closed', async () => {
    const { engines } = await open([engine('first', good), engine('second', good)]);
    const taking = engines.take('second', 'you chose it');
    expect((await engines.ready()).name).toBe('second');
    await taking;
  });

  it('opens an engine anew after it has failed, and only then', async () => {
    const only = engine('only', good);
    const { engines } = await open([only]);
    expect(engines.failed(new Error('the labels are wrong'))).toBeNull();
    await engines.ready();
    expect(only.log).toEqual(['open']);
    const lost = new Error('training stopped', { cause: new Error('the device is gone') });
    expect(engines.failed(lost)).toBe('Engine only stopped: it was pulled out');
    await engines.ready();
    await engines.ready();
    expect(only.log).toEqual(['open', 'open', 'close']);
  });

  it('does not offer what did not load', async () => {
    const { report } = await open([
      engine('first', good),
      engine('second', good, { load: () => Promise.reject(new Error('404')) }),
    ]);
    expect(report().options[1]).toMatchObject({ available: false, reason: 'is not available: it did not load (404)' });
  });
});

describe('WebGPU', () => {
  const adapter = (info: Partial<GPUAdapterInfo>) => ({
    requestAdapter: async () => ({
      info: { vendor: '', architecture: '', description: '', isFallbackAdapter: false, ...info },
    }),
  });

  it('is taken where an adapter is a graphics processor', async () => {
    expect(await lookForWebGpu(adapter({ vendor: 'nvidia', architecture: 'ampere' }), true)).toEqual({
      fit: 'good',
      reason: 'this device has a graphics processor (nvidia ampere)',
      arithmetic: 'WebGPU (nvidia ampere)',
    });
    expect(await lookForWebGpu(adapter({}), true)).toMatchObject({
      fit: 'good',
      arithmetic: 'WebGPU (without a name)',
    });
  });

  it('is not worth it where the adapter computes on the processor', async () => {
    for (const info of [
      { vendor: 'google', architecture: 'swiftshader', isFallbackAdapter: true },
      { vendor: 'mesa', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' },
    ]) {
      expect(await lookForWebGpu(adapter(info), true)).toMatchObject({
        fit: 'poor',
        reason: expect.stringMatching(
          /its only adapter \((google swiftshader|mesa llvmpipe .*)\) computes on the proc/,
        ),
      });
    }
  });

  it('says what is missing', async () => {
    const reasonOf = async (...args: Parameters<typeof lookForWebGpu>): Promise<string> => {
      const finding = await lookForWebGpu(...args);
      expect(finding.fit).toBe('none');
      return finding.reason;
    };
    expect(await reasonOf({ requestAdapter: async () => null }, true)).toMatch(/no graphics processor.*driver/);
    expect(await reasonOf(undefined, true)).toBe('this browser does not have it');
    expect(await reasonOf(undefined, false)).toMatch(/not secure.*https/);
  });

  it('knows the errors of the adapter by their names', async () => {
    const errors = await import('@selfcure/webgpu');
    expect(webGpu.explain(new errors.WebGpuDeviceLostError('lost'))).toMatch(/device was lost/);
    expect(webGpu.explain(new errors.WebGpuMemoryError('full'))).toMatch(/too little memory/);
    expect(webGpu.explain(new errors.WebGpuRunError('add', '', 'failed'))).toMatch(/failed in an operation/);
    expect(webGpu.explain(new errors.WebGpuError('closed'))).toBe('closed');
    expect(webGpu.explain(new Error('another'))).toBeNull();
  });
});
