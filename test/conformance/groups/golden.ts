import { expect } from 'vitest';
import type { GoldenPreset } from '../../golden/fixtures.ts';
import { runModuleCases } from '../../golden/module-cases.ts';
import { runOperationCases } from '../../golden/operation-runs.ts';
import { scnTerms } from '../../golden/scn-terms.ts';
import { runFree, runTeacherForced } from '../../golden/step-runs.ts';
import type { Suite } from '../suite.ts';
import { expectClose } from '../tolerance.ts';

const presets: readonly GoldenPreset[] = ['paper', 'official-code'];

/** Results of an independent implementation, see test/golden/README.md. */
export function goldenTests(suite: Suite): void {
  const test = (name: string, body: () => Promise<void>): void => suite.test('golden', name, body);

  test('operations and optimizers', async () => {
    for (const { name, got, want } of await runOperationCases(suite.shared())) {
      expectCloseNamed(name, got, want, suite.bound(1e-13, 1e-5), 0.1);
    }
  });

  test('SCN modules and their gradients', async () => {
    const results = await runModuleCases(suite.shared(), scnTerms);
    expect(results.length).toBeGreaterThan(20);
    for (const { name, got, want, relabel } of results) {
      expectCloseNamed(name, got, want, suite.bound(1e-13, 1e-5), 0.1);
      expect(got['high'] && [...got['high']], name).toEqual(want['high'] && [...want['high']]);
      expect(relabel.got, name).toEqual(relabel.want);
    }
  });

  for (const preset of presets) {
    test(`twenty steps, each from the stored state: ${preset}`, async () => {
      for (const { step, got, want, relabels } of await runTeacherForced(suite.shared(), preset)) {
        // Each array against its own size, since second moments are as small as 1e-9; the rank term against its margin,
        // from which it is left over.
        expect(Object.keys(got).sort()).toEqual(Object.keys(want).sort());
        for (const [name, array] of Object.entries(want)) {
          const floor = name === 'rankRegularization' ? 0.1 : 1e-12;
          expectCloseNamed(`step ${step}`, { [name]: got[name]! }, { [name]: array }, suite.bound(1e-11, 2e-4), floor);
        }
        expect([...got['high']!]).toEqual([...want['high']!]);
        expect(relabels.got).toEqual(relabels.want);
      }
    });

    test(`twenty steps in one run, with its own label edits: ${preset}`, async () => {
      const { losses, labels, evaluation } = await runFree(suite.shared(), preset);
      losses.want.forEach((loss, step) =>
        expect(Math.abs(losses.got[step]! / loss - 1), `loss of step ${step}`).toBeLessThan(suite.bound(1e-12, 1e-5)),
      );
      expect(labels.got).toEqual(labels.want);
      expectCloseNamed('evaluation', evaluation.got, evaluation.want, suite.bound(1e-12, 1e-4), 0.1);
    });
  }
}

/** `expectClose` that says of which case it speaks. */
function expectCloseNamed(
  name: string,
  got: Parameters<typeof expectClose>[0],
  want: Parameters<typeof expectClose>[1],
  relative: number,
  floor: number,
): void {
  try {
    expectClose(got, want, { relative, floor });
  } catch (error) {
    (error as Error).message = `${name}: ${(error as Error).message}`;
    throw error;
  }
}
