/** Trains recipes over seeds, one process a run, and writes the comparison: what quickstart and real-noise share. */
import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { noiseDetection, predictedLabels, relabelQuality } from '@selfcure/core';
import type { Evaluation, Run } from '@selfcure/core';
import { comparisonTable, renderComparison } from '@selfcure/report';

export interface Job {
  readonly recipe: string;
  readonly seed: number;
}

/** What one run says; `values` by the keys of {@link metrics}, null where a recipe has no such value. */
export interface Result extends Job {
  readonly values: Readonly<Record<string, number | null>>;
  readonly curve: readonly number[];
  readonly warnings: readonly string[];
}

const share = { percent: true } as const;
export const metrics = [
  { key: 'testAccuracy', label: 'test accuracy', ...share, higherIsBetter: true },
  { key: 'balancedAccuracy', label: 'balanced accuracy', ...share, higherIsBetter: true },
  { key: 'calibrationError', label: 'calibration error', ...share, higherIsBetter: false },
  { key: 'memorized', label: 'wrong labels memorized', ...share, higherIsBetter: false },
  { key: 'edits', label: 'label edits' },
  { key: 'relabelPrecision', label: 'edits that are right', ...share, higherIsBetter: true },
  { key: 'relabelRecall', label: 'wrong labels mended', ...share, higherIsBetter: true },
  { key: 'relabelHarm', label: 'right labels broken', ...share, higherIsBetter: false },
  { key: 'dropped', label: 'labels left out' },
  { key: 'noiseAfter', label: 'wrong labels after curing', ...share, higherIsBetter: false },
  { key: 'auroc/meanGivenProbability', label: 'AUROC of mean P(given)', higherIsBetter: true },
  { key: 'auroc/givenProbability', label: 'AUROC of last P(given)', higherIsBetter: true },
  { key: 'auroc/loss', label: 'AUROC of loss', higherIsBetter: true },
  { key: 'auroc/importance', label: 'AUROC of importance', higherIsBetter: true },
  { key: 'seconds', label: 'seconds' },
] as const;

/** The result of a finished run against the true labels of its training data. */
export function resultOf(job: Job, run: Run, test: Evaluation, truth: Int32Array): Result {
  const { ledger, rows } = run;
  const quality = relabelQuality({ given: ledger.given, current: ledger.current, truth, dropped: ledger.dropped });
  const predicted = predictedLabels(rows.probabilities, rows.classes);
  const wrong = [...rows.samples].filter((i) => truth[i]! >= 0 && truth[i] !== rows.given[i]);
  const edits = quality.edits > 0 ? quality : { precision: null, recall: null, harm: null };
  return {
    ...job,
    values: {
      testAccuracy: test.accuracy,
      balancedAccuracy: test.balancedAccuracy,
      calibrationError: test.calibrationError,
      memorized: wrong.filter((i) => predicted[i] === rows.given[i]).length / wrong.length,
      edits: quality.edits,
      relabelPrecision: edits.precision,
      relabelRecall: edits.recall,
      relabelHarm: edits.harm,
      dropped: quality.dropped,
      noiseAfter: quality.noiseAfter,
      ...Object.fromEntries(
        Object.entries(noiseDetection(rows, truth)).map(([score, { auroc }]) => [`auroc/${score}`, auroc]),
      ),
      seconds: run.history.series('seconds').reduce((sum, seconds) => sum + seconds, 0),
    },
    curve: run.history.epochs.map((log) => log.accuracy),
    warnings: run.warnings.map(({ message }) => message),
  };
}

/** Runs every job in a process of its own, as many at once as there are cores, and writes summary.json and report.html. */
export async function compare(options: {
  readonly title: string;
  readonly description: string;
  readonly jobs: readonly Job[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly out: string;
  readonly run: (job: Job) => Promise<Result>;
}): Promise<void> {
  const { title, description, jobs, settings, out, run } = options;
  const own = process.env['SELFCURE_JOB'];
  if (own !== undefined) {
    process.send!(await run(JSON.parse(own) as Job));
    process.disconnect();
    return;
  }
  const waiting = [...jobs];
  const results: Result[] = [];
  const worker = async (): Promise<void> => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      const result = await inProcess(job);
      results.push(result);
      console.log(
        `${result.recipe}, seed ${result.seed}: test accuracy ${(100 * result.values['testAccuracy']!).toFixed(1)} %, ${result.values['seconds']!.toFixed(0)} s`,
      );
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  const order = (one: Result): number =>
    jobs.findIndex(({ recipe, seed }) => recipe === one.recipe && seed === one.seed);
  results.sort((a, b) => order(a) - order(b));

  const input = {
    title,
    description,
    metrics,
    baseline: jobs[0]!.recipe,
    rows: results,
    curves: results.map((result) => ({
      label: 'accuracy of the training pass',
      recipe: result.recipe,
      seed: result.seed,
      series: result.curve,
    })),
  };
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'summary.json'), `${JSON.stringify({ title, settings, results }, null, 2)}\n`);
  writeFileSync(join(out, 'report.html'), renderComparison(input));
  console.log(`\n${comparisonTable(input)}\n`);
  for (const warning of new Set(
    results.flatMap((result) => result.warnings.map((text) => `${result.recipe}, seed ${result.seed}: ${text}`)),
  ))
    console.log(`note: ${warning}`);
  console.log(`\nWritten: ${join(out, 'summary.json')}, ${join(out, 'report.html')}`);
}

function inProcess(job: Job): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = fork(process.argv[1]!, process.argv.slice(2), {
      env: { ...process.env, SELFCURE_JOB: JSON.stringify(job) },
    });
    let result: Result | undefined;
    child.on('message', (message) => (result = message as Result));
    child.on('error', reject);
    child.on('exit', (code) =>
      result
        ? resolve(result)
        : reject(new Error(`${job.recipe}, seed ${job.seed}: the process ended with code ${code}`)),
    );
  });
}
