import { judgeLabels, measureQuality, passMeans } from '@selfcure/audit';
import type { Run } from '@selfcure/core';
import type { Figures } from '../spec/run-spec.ts';

/** False-discovery rate that the list of suspects promises. */
const promised = 0.2;

/**
 * How well a run tells which given labels are wrong: the audit's judgement of the means over its passes, with the verified labels where there are any, against
 * the truth. Of the list that promises 20 % false discoveries, its length and how many it holds.
 */
export function labelFigures({ rows }: Run, truth: Int32Array): Figures {
  const passed = rows.samples.filter((sample) => rows.passes[sample]! > 0);
  const pick = (values: Int32Array): Int32Array => passed.map((sample) => values[sample]!);
  const { probabilities, loss } = passMeans(rows);
  const { classes } = rows;
  const given = pick(rows.given);
  const judgement = judgeLabels({
    classes,
    given,
    verified: verifiedOf(rows, passed, truth),
    rate: promised,
    evidence: {
      probabilities: Float32Array.from(
        { length: passed.length * classes },
        (_, at) => probabilities[passed[Math.floor(at / classes)]! * classes + (at % classes)]!,
      ),
      loss: Float32Array.from(passed, (sample) => loss[sample]!),
      importance: null,
      foldDisagreement: null,
      fit: null,
      source: 'one run, averaged over its training passes',
    },
  });
  const quality = measureQuality(judgement, given, pick(truth));
  const { posterior, margin } = quality?.scores ?? {};
  const found = quality?.falseDiscoveries;
  return {
    'auroc/posterior': posterior?.auroc ?? null,
    'ap/posterior': posterior?.averagePrecision ?? null,
    'precision10/posterior': posterior?.precision ?? null,
    'auroc/margin': margin?.auroc ?? null,
    'ap/margin': margin?.averagePrecision ?? null,
    'list/count': found?.of ?? null,
    'list/promised': promised,
    'list/falseDiscoveryRate': found && found.of > 0 ? found.count / found.of : null,
  };
}

/** Verified labels of the samples that passed, -1 elsewhere. In experiments the truth is what a person would have said. */
const verifiedOf = ({ verified }: Run['rows'], passed: Int32Array, truth: Int32Array): Int32Array =>
  passed.map((sample) => (verified[sample] ? truth[sample]! : -1));
