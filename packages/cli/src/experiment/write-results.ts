import { courses, headlines, portableSpec, specKey, toCsv, toMarkdown } from '@selfcure/experiments';
import type { Experiment, Failure, Result, Summary } from '@selfcure/experiments';
import { renderExperiment } from '@selfcure/report';
import type { Json } from '@selfcure/tensor';
import { writeCsv } from '../run-folder/csv.ts';
import type { FileStore } from '../run-folder/file-store.ts';
import { factsOf } from './facts.ts';
import type { Surroundings } from './machine.ts';
import { jobName } from './progress.ts';
import type { ExperimentSettings } from './settings.ts';

/** Names of the files that an experiment leaves beside its runs. */
export const resultFiles = {
  tables: 'results.csv',
  runs: 'runs.csv',
  json: 'results.json',
  markdown: 'results.md',
  report: 'report.html',
} as const;

/** What {@link writeResults} writes of. */
export interface Findings {
  readonly settings: ExperimentSettings;
  readonly command: string;
  readonly experiment: Experiment;
  /** Of all runs that are done, by whatever process. */
  readonly results: readonly Result[];
  readonly failures: readonly Failure[];
  /** Runs of the whole experiment that are not done, failed ones included. */
  readonly missing: number;
  readonly surroundings: Surroundings;
}

/** Writes tables, runs and the page, from whatever runs are done; gives the sentences that tell what came out. */
export async function writeResults(store: FileStore, findings: Findings): Promise<readonly string[]> {
  const { settings, command, experiment, results, failures, surroundings } = findings;
  const { name, description } = experiment;
  const tables = experiment.summarize(results);
  const headline = tables.flatMap((table) => headlines(table));
  const notes = notesOf(findings);
  const facts = factsOf(settings, results, surroundings);
  const failed = failures.map(({ job, error }) => ({
    name: jobName(job),
    message: error instanceof Error ? error.message : String(error),
  }));
  const json = {
    format: 'selfcure-experiment-1',
    name,
    description,
    command,
    ...surroundings,
    headline,
    notes,
    tables,
    failures: failed,
    runs: results.map(({ labels, spec, outcome }) => ({
      key: specKey(spec),
      labels,
      spec: portableSpec(spec),
      outcome,
    })),
  };
  const manifest = { name, command, ...surroundings, base: portableSpec(settings.base), seeds: settings.seeds };
  const title = titles[settings.name];
  await Promise.all([
    store.set(resultFiles.json, `${JSON.stringify(json, null, 1)}\n`),
    store.set(resultFiles.tables, tables.map((table) => toCsv(table)).join('\r\n')),
    store.set(resultFiles.runs, runsCsv(results)),
    store.set(resultFiles.markdown, markdown({ title, description, headline, notes, facts, tables, failed, command })),
    store.set(
      resultFiles.report,
      renderExperiment({
        title,
        description,
        facts,
        headline,
        notes,
        failures: failed,
        warnings: warningsOf(results),
        tables,
        plots: experiment.plots?.(results) ?? [],
        courses: tables.slice(0, 1).flatMap((table) => courses(table, results)),
        command,
        // As it is written: without what JSON leaves out.
        manifest: JSON.parse(JSON.stringify(manifest)) as Json,
      }),
    ),
  ]);
  return headline;
}

const titles: Readonly<Record<ExperimentSettings['name'], string>> = {
  noise: 'Recipes under label noise',
  ablation: 'The three modules of SCN',
  margins: 'The margins of SCN',
  pretrain: 'Pretraining on a weakly labelled set',
  compare: 'Recipes on the same data',
  'real-noise': 'Real label noise',
  trusted: 'What verified labels are worth',
  sweep: 'A choice of settings',
};

/** What a reader must know before believing it. */
function notesOf({ settings: { seeds }, results, missing }: Findings): string[] {
  const engines = new Set(results.map(({ outcome: { engine } }) => `${engine.name} on ${engine.device}`));
  return [
    missing > 0 && `${missing} of the runs ${missing === 1 ? 'is' : 'are'} not done; tables hold the others.`,
    seeds.length < 3 &&
      `${seeds.length === 1 ? 'One seed says' : 'Two seeds say'} little of the spread between runs. Take three at least.`,
    engines.size > 1 &&
      `The runs are of several engines (${[...engines].join('; ')}), whose numbers differ in their last digits.`,
  ].filter((note) => note !== false);
}

/** Warnings of the runs, without the numbers in them, and how many runs gave each. */
function warningsOf(results: readonly Result[]): { message: string; runs: number }[] {
  const counts = new Map<string, number>();
  for (const { outcome } of results)
    for (const message of new Set(outcome.warnings.map((text) => text.replaceAll(/\d+(\.\d+)?/g, '…'))))
      counts.set(message, (counts.get(message) ?? 0) + 1);
  return [...counts].map(([message, runs]) => ({ message, runs })).sort((a, b) => b.runs - a.runs);
}

/** A row a run: labels, seed and every figure. */
function runsCsv(results: readonly Result[]): string {
  const labels = [...new Set(results.flatMap((result) => Object.keys(result.labels)))];
  const figures = [...new Set(results.flatMap(({ outcome }) => Object.keys(outcome.figures)))];
  return writeCsv([
    [...labels, 'seed', ...figures],
    ...results.map((result) => [
      ...labels.map((name) => formulaSafe(result.labels[name] ?? '')),
      result.spec.seed,
      ...figures.map((name) => result.outcome.figures[name] ?? null),
    ]),
  ]);
}

/** A spreadsheet would run what looks like a formula. */
const formulaSafe = (text: string): string => (/^[=+@\t\r]|^-./.test(text) ? `'${text}` : text);

function markdown({
  title,
  description,
  headline,
  notes,
  facts,
  tables,
  failed,
  command,
}: {
  readonly title: string;
  readonly description: string;
  readonly headline: readonly string[];
  readonly notes: readonly string[];
  readonly facts: readonly (readonly [string, string])[];
  readonly tables: readonly Summary[];
  readonly failed: readonly { readonly name: string; readonly message: string }[];
  readonly command: string;
}): string {
  const list = (items: readonly string[]): string => items.map((item) => `- ${item}\n`).join('');
  const part = (heading: string, text: string): string => (text === '' ? '' : `## ${heading}\n\n${text}\n`);
  return [
    `# ${title}\n\n${description}\n\n`,
    part('What came out', list(headline)),
    part('What is missing', list([...notes, ...failed.map(({ name, message }) => `${name} failed: ${message}`)])),
    part('What was done', list(facts.map(([name, value]) => `${name}: ${value}`))),
    part(
      'Tables',
      `Mean ± standard deviation over seeds; in brackets the paired difference with its 95 % interval.\n\n${tables.map((table) => toMarkdown(table)).join('\n')}`,
    ),
    part('Do it again', `\`\`\`sh\n${command}\n\`\`\`\n`),
  ].join('');
}
