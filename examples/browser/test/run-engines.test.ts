import { describe, expect, it } from 'vitest';
import type { EngineReport, RunEngine } from '../src/protocol.ts';
import { describeRunEngines } from '../src/view/run-engines.ts';

const engine = (name: string, arithmetic: string): Omit<RunEngine, 'epoch'> => ({ name, title: name, arithmetic });
const next = (name: string, arithmetic: string): EngineReport => ({
  ...engine(name, arithmetic),
  reason: 'it is there',
  options: [],
});
const begun: RunEngine = { ...engine('A', 'a numbers'), epoch: 1 };

describe('describeRunEngines', () => {
  it('says where a run began, and nothing more where nothing changes', () => {
    expect(describeRunEngines([begun], next('A', 'a numbers'), 'paused')).toBe('Begun on A.');
    expect(describeRunEngines([begun], next('B', 'b numbers'), 'finished')).toBe('Begun on A.');
    expect(describeRunEngines([], next('B', 'b numbers'), 'paused')).toBe('');
  });

  it('warns before a run goes on with other arithmetic, and only then', () => {
    expect(describeRunEngines([begun], next('B', 'b numbers'), 'paused')).toBe(
      'Begun on A. It will go on with B. They round differently (a numbers; b numbers): the last digits are not those of a run on one engine.',
    );
    expect(describeRunEngines([begun], next('B', 'a numbers'), 'paused')).toBe('Begun on A. It will go on with B.');
  });

  it('lists the engines of a run', () => {
    const engines = [begun, { ...engine('B', 'b numbers'), epoch: 4 }];
    expect(describeRunEngines(engines, next('B', 'b numbers'), 'training')).toMatch(
      /^Begun on A, from epoch 4 on B\. They round differently/,
    );
  });
});
