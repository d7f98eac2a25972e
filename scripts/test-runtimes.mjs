/**
 * `npm run test:runtimes`: installs the packed packages into a project of their own and trains on every runtime that they are made for:
 * twenty golden steps on each engine that it has, and the program of the README. Ends with a table; fails where a check failed.
 * Arguments choose runtimes: `npm run test:runtimes -- deno workerd`. What a runtime or this machine lacks is named with its reason;
 * `SELFCURE_ENGINES=all` makes it a failure where it belongs to the runtime. Build first.
 */
import { rmSync } from 'node:fs';
import { temporary } from './pack.mjs';
import { chromiumRuntime } from './runtimes/chromium.mjs';
import { lambdaRuntime } from './runtimes/lambda.mjs';
import { bunRuntime, denoRuntime, nodeRuntime } from './runtimes/processes.mjs';
import { prepareProject } from './runtimes/project.mjs';
import { workerdRuntime } from './runtimes/workerd.mjs';
import { textTable } from './text-table.mjs';

/** `whole`: everything is there where the machine is set up as .ci/run does it. */
const runtimes = new Map([
  ['node', { start: nodeRuntime(), whole: true }],
  ['node-24', { start: nodeRuntime(24), whole: true }],
  ['node-26', { start: nodeRuntime(26), whole: true }],
  ['deno', { start: denoRuntime }],
  ['bun', { start: bunRuntime }],
  ['workerd', { start: workerdRuntime }],
  ['lambda', { start: lambdaRuntime }],
  ['chromium', { start: chromiumRuntime, whole: true }],
]);

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !runtimes.has(name));
if (unknown.length > 0) {
  console.error(`no runtime ${unknown.join(', ')}. Known: ${[...runtimes.keys()].join(', ')}`);
  process.exit(1);
}
const demanding = process.env.SELFCURE_ENGINES === 'all';

/** Runs a runtime: its title, seconds, and outcomes; what ends it early is one of them. */
async function runtimeResult(name, project) {
  const { start, whole = false } = runtimes.get(name);
  const begin = performance.now();
  let result;
  try {
    const { absent, ...given } = await start(project);
    result = absent ? { ...given, outcomes: [{ check: 'runtime', result: 'absent', note: absent }] } : given;
  } catch (error) {
    result = { title: name, outcomes: [{ check: 'runtime', result: 'failed', note: error.stack }] };
  }
  const outcomes = result.outcomes.map((one) =>
    one.result === 'absent' && whole && demanding ? { ...one, result: 'failed' } : one,
  );
  const seconds = (performance.now() - begin) / 1000;
  console.log(`${result.title} (${seconds.toFixed(1)} s)`);
  for (const one of outcomes) console.log(`  ${one.result.padEnd(6)} ${one.check}: ${one.note}`);
  return { title: result.title, seconds, outcomes };
}

const project = temporary('runtimes');
const results = [];
try {
  await prepareProject(project);
  for (const name of chosen.length > 0 ? chosen : runtimes.keys()) results.push(await runtimeResult(name, project));
} finally {
  rmSync(project, { recursive: true, force: true });
}

const checks = [...new Set(results.flatMap(({ outcomes }) => outcomes.map(({ check }) => check)))];
const cell = (one) =>
  one === undefined ? '-' : one.result === 'ok' ? one.note : one.result === 'failed' ? 'FAILED' : 'absent';
const rows = [
  ['', ...checks, 'seconds'],
  ...results.map(({ title, seconds, outcomes }) => [
    title,
    ...checks.map((check) => cell(outcomes.find((one) => one.check === check))),
    seconds.toFixed(1),
  ]),
];
console.log(`\n${textTable(rows)}`);
const failed = results.some(
  ({ outcomes }) => outcomes.length === 0 || outcomes.some(({ result }) => result === 'failed'),
);
process.exit(failed ? 1 : 0);
