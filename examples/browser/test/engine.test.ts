import { reference } from '@selfcure/reference';
import { describe, expect, it } from 'vitest';
import { chooseEngine } from '../src/engine.ts';
import type { Engine } from '../src/engine.ts';

function engine(name: string, parts: Partial<Engine> = {}): Engine {
  return {
    name,
    title: `Engine ${name}`,
    arithmetic: () => `${name} numbers`,
    refusal: () => null,
    reason: () => 'it is there',
    open: async () => reference(),
    ...parts,
  };
}

describe('chooseEngine', () => {
  it('takes the first that runs, and says why the better ones do not', async () => {
    const { report } = await chooseEngine(null, [
      engine('first', { refusal: async () => 'there is no adapter' }),
      engine('second', { open: () => Promise.reject(new Error('the device is lost')) }),
      engine('third'),
      engine('fourth'),
    ]);
    expect(report).toEqual({
      name: 'third',
      title: 'Engine third',
      reason: 'it is there',
      arithmetic: 'third numbers',
      considered: [
        { title: 'Engine first', reason: 'not available: there is no adapter' },
        { title: 'Engine second', reason: 'did not start: the device is lost' },
        { title: 'Engine third', reason: 'taken: it is there' },
      ],
    });
  });

  it('takes the one that is asked for', async () => {
    const { report } = await chooseEngine('second', [engine('first'), engine('second')]);
    expect(report.name).toBe('second');
    expect(report.considered[0]!.reason).toContain("asks for 'second'");
  });

  it('fails with all reasons where none runs', async () => {
    const table = [engine('first', { refusal: () => 'there is no adapter' })];
    await expect(chooseEngine(null, table)).rejects.toThrow(
      /Engine first: not available: there is no adapter.*Use a browser/,
    );
    await expect(chooseEngine('nothing', table)).rejects.toThrow(/asks for 'nothing'/);
  });
});
