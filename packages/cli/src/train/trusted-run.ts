import { fitRecalibrations, leastVerified, recalibrated } from '@selfcure/audit';
import type { Recalibrations, TransitionEstimate } from '@selfcure/audit';
import { measuredOnProbes, score } from '@selfcure/core';
import type { Dataset, Evaluation, GateReading, Method, TrainedModel } from '@selfcure/core';
import type { Backend } from '@selfcure/tensor';
import type { RunData } from '../data/run-data.ts';
import { countTrusted } from '../data/trusted-file.ts';
import type { TrustedFacts } from '../run-folder/manifest.ts';
import { testFigures } from './test-figures.ts';

/** What verified labels do in a run. */
export interface TrustedRun {
  /** The method with the samples that were verified at random as probes, and its relabelling gated on them. */
  readonly method: Method;
  /** What the manifest says as things stand. */
  facts(): TrustedFacts;
  /** Corrections of the predictions of the trained network, and its test after each; null where nothing measures. */
  recalibrate(trained: {
    readonly backend: Backend;
    readonly model: TrainedModel;
    readonly test: Dataset | null;
    readonly evaluation: Evaluation | null;
    readonly batchSize: number;
  }): Promise<Recalibrations | null>;
}

/**
 * Puts verified labels to use. Those of a random choice measure, from ten on: they stay out of the loss, relabelling goes on only while it is right on
 * them, and predictions are corrected on them. The others, or fewer than ten, teach: the network learns them.
 *
 * @param earlier gate readings of the epochs that a resumed run has behind it.
 */
export function trustedRun(
  { train, trusted }: RunData,
  method: Method,
  transition: TransitionEstimate | null,
  earlier: readonly GateReading[],
): TrustedRun | null {
  if (!trusted) return null;
  const { random, chosen } = trusted;
  const measure = countTrusted(random) >= leastVerified;
  const gate: GateReading[] = [...earlier];
  const onReading = (reading: GateReading): void => void gate.push(reading);
  let tested: TrustedFacts['recalibrated'] = null;
  return {
    method: measure ? measuredOnProbes(method, random, { onReading }) : method,
    facts: () => ({
      random: countTrusted(random),
      chosen: countTrusted(chosen),
      measure,
      transition,
      gate,
      recalibrated: tested,
    }),
    recalibrate: async ({ backend, model, test, evaluation, batchSize }) => {
      if (!measure) return null;
      const fitted = await fitRecalibrations({ backend, model, data: train, batchSize }, random);
      if (test && evaluation) {
        const classes = train.classes.length;
        const after = (name: 'offsets' | 'matrix') =>
          testFigures(
            test.name,
            score(recalibrated(evaluation.predictions, fitted[name], classes), test.labels, classes),
            classes,
          );
        tested = { offsets: after('offsets'), matrix: after('matrix') };
      }
      return fitted;
    },
  };
}
