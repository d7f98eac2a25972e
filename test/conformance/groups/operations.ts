import fc from 'fast-check';
import { expect } from 'vitest';
import { operationTable } from '@selfcure/tensor';
import { graphOf, runExample } from '../cases/case.ts';
import { operationCases } from '../cases/index.ts';
import type { Suite } from '../suite.ts';
import { effectCases } from './effects.ts';

/** Seed of every property: a failure repeats. */
export const propertySeed = 20021039;

/** Every operation, forward and gradient, on shapes that vary. */
export function operationTests(suite: Suite): void {
  for (const { name, examples } of operationCases) {
    suite.test('operations', name, async () => {
      await fc.assert(
        fc.asyncProperty(examples, async ({ example }) => {
          const graph = graphOf(example);
          suite.close(
            await runExample(suite.shared(), graph, example),
            await runExample(suite.oracle(), graph, example),
            name,
          );
        }),
        { seed: propertySeed, numRuns: name.includes('many elements') ? 3 : suite.runs },
      );
    });
  }

  suite.test('operations', 'every operation of the table has a case', () => {
    const graphs = operationCases
      .flatMap(({ examples }) => fc.sample(examples, { seed: propertySeed, numRuns: 4 }))
      .map(({ example }) => graphOf(example));
    const seen = new Set(
      [...graphs, ...effectCases.map(({ graph }) => graph())].flatMap(({ nodes }) => nodes.map((node) => node.op)),
    );
    expect(Object.keys(operationTable).filter((op) => !seen.has(op))).toEqual([]);
  });
}
