/**
 * The conformance suite: what every engine must do, in one function. An adapter's test file calls it and is done.
 *
 * @module
 */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { reference } from '@selfcure/reference';
import type { Backend } from '@selfcure/tensor';
import { capabilityTests } from './groups/capabilities.ts';
import { effectTests } from './groups/effects.ts';
import { errorTests } from './groups/errors.ts';
import { goldenTests } from './groups/golden.ts';
import { lifecycleTests } from './groups/lifecycle.ts';
import { operationTests } from './groups/operations.ts';
import { stateTests } from './groups/states.ts';
import type { Skip, Suite } from './suite.ts';
import { doubleFactor, expectClose, tolerances } from './tolerance.ts';

/** Options of {@link describeBackend}. */
export interface ConformanceOptions {
  /** What the engine does not pass, with reasons; a name that no test has is an error. */
  readonly skip?: readonly Skip[];
  /** Factor on every row of the tolerance table. Default 1, for engines in float64 2^-29. */
  readonly tolerance?: number;
  /** Examples of each operation. Default 12. */
  readonly runs?: number;
  /** What results are compared with. Default: the float64 oracle. */
  readonly oracle?: () => Backend;
}

/**
 * Describes a backend: operations and gradients, effects, states, lifecycle, capabilities, errors, golden results.
 *
 * @param factory makes a new backend at every call.
 * @example
 * describeBackend('mine', async () => mine(), { skip: [{ reason: 'no channel groups', cases: ['operations > conv2d: groups'] }] });
 */
export function describeBackend(name: string, factory: () => Promise<Backend>, options: ConformanceOptions = {}): void {
  const { skip = [], runs = 12, oracle = reference } = options;
  describe(name, () => {
    let backend: Backend;
    let judge: Backend;
    const names = new Set<string>();
    const isDouble = (): boolean => backend.capabilities.precision === 'float64';
    const suite: Suite = {
      open: factory,
      shared: () => backend,
      oracle: () => judge,
      runs,
      test: (group, title, body) => {
        const full = `${group} > ${title}`;
        names.add(full);
        const skipped = skip.find(({ cases }) => cases.includes(full));
        if (skipped) it.skip(`${full} [${skipped.reason}]`, () => {});
        else it(full, async () => body());
      },
      close: (got, want, row) => {
        const tolerance = tolerances[row] ?? tolerances[row.split(':')[0]!];
        if (!tolerance) throw new Error(`the tolerance table has no row '${row}'`);
        const factor = options.tolerance ?? (isDouble() ? doubleFactor : 1);
        expectClose(got, want, { ...tolerance, relative: tolerance.relative * factor });
      },
      bound: (float64, float32) => (isDouble() ? float64 : float32),
    };
    beforeAll(async () => {
      backend = await factory();
      judge = oracle();
    });
    afterAll(async () => {
      await backend?.close();
      await judge?.close();
    });

    operationTests(suite);
    effectTests(suite);
    stateTests(suite);
    lifecycleTests(suite);
    capabilityTests(suite);
    errorTests(suite);
    goldenTests(suite);

    const unknown = skip.flatMap(({ cases }) => cases).filter((full) => !names.has(full));
    if (unknown.length)
      throw new Error(
        `${name}: the skipped cases ${unknown.join(', ')} do not exist. There are:\n${[...names].join('\n')}`,
      );
  });
}
