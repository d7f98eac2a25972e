import { expect, it } from 'vitest';
import { float64Backend } from '../../packages/tensor/test/float64.ts';
import { describeEngine, whyAbsent } from './engines.ts';

const absent = async (): Promise<never> => {
  throw new Error('no such device');
};

it('says why an engine cannot be opened, and nothing where it can', async () => {
  expect(await whyAbsent(absent)).toBe('no such device');
  expect(await whyAbsent(async () => float64Backend())).toBeNull();
});

await describeEngine('an engine that no machine has', absent, {}, false);
