/**
 * `npm run test:full`: all tests with their larger cases (10,000 damaged files among them), then the conformance of WASM, WebGPU and TensorFlow in every other runtime that
 * they ship for. Ends with a table of modes by runtimes; fails where a test failed or a runtime ran none. What this machine
 * lacks is skipped with its reason; `SELFCURE_ENGINES=all` makes that a failure.
 * Arguments choose runtimes: `npm run test:full -- node-24 page`. `--brief` leaves the larger cases out.
 */
import { readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { nodeBinary, nodeMajors } from './node-versions.mjs';
import { temporary } from './pack.mjs';
import { textTable } from './text-table.mjs';
import { ensureInstalled, root, run } from './workspaces.mjs';

const modes = ['test/conformance/wasm', 'test/conformance/webgpu', 'test/conformance/tensorflow'];
/** Tests with a mode of their own in the larger cases, beside the engines'. */
const larger = ['packages/data/test/damaged-files'];
/** What stands in for the tests in pages where there is no Chromium. */
const noBrowser = 'test/browser/no-chromium.test.ts';
const browser = ['--config', 'vitest.browser.config.ts', '--project'];

/** What runs where: the node that runs vitest, and vitest's arguments. */
const runtimes = new Map([
  ['node', () => ({ node: process.execPath, args: [] })],
  ...nodeMajors.map((major) => [`node-${major}`, () => ({ node: nodeBinary(major), args: modes })]),
  ['page', () => ({ node: process.execPath, args: [...browser, 'page (chromium)'] })],
  ['isolated-page', () => ({ node: process.execPath, args: [...browser, 'isolated page (chromium)'] })],
  ['webgpu-page', () => ({ node: process.execPath, args: [...browser, 'webgpu page (chromium)'] })],
]);

const options = process.argv.slice(2);
const thorough = !options.includes('--brief');
const chosen = options.filter((name) => name !== '--brief');
const unknown = chosen.filter((name) => !runtimes.has(name));
if (unknown.length > 0) {
  console.error(`no runtime ${unknown.join(', ')}. Known: ${[...runtimes.keys()].join(', ')}; --brief`);
  process.exit(1);
}

ensureInstalled();
await import('./build-kernels.mjs');

/** Runs the tests of a runtime: whether they passed, and counts of the suites of the modes by name. */
function test(name, reports) {
  const { node, args } = runtimes.get(name)();
  console.log(`\n== ${name}: vitest run ${args.join(' ')}`);
  const report = join(reports, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const env = thorough ? { SELFCURE_THOROUGH: '1', SELFCURE_DAMAGED_FILES: '10000' } : {};
  const { code } = run(node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args, ...reporters], { env });
  const suites = new Map();
  for (const file of resultsIn(report)) {
    if (![...modes, ...larger, noBrowser].some((path) => file.name.startsWith(join(root, path)))) continue;
    const titleOf = ({ ancestorTitles, title }) => ancestorTitles[0] ?? title;
    const titles = new Set(file.assertionResults.map(titleOf));
    if (titles.size === 0) titles.add(basename(file.name)); // it did not load
    for (const title of titles) {
      const tests = file.assertionResults.filter((result) => titleOf(result) === title);
      const count = (wanted) => tests.filter(({ status }) => status === wanted).length;
      const [, mode, absent] = /^(.*?) \[absent: (.*)\]$/s.exec(title) ?? [null, title, null];
      suites.set(mode, {
        passed: count('passed'),
        // A suite whose engine does not open fails without a failed test.
        failed: file.status === 'failed' ? Math.max(1, count('failed')) : 0,
        seconds: tests.reduce((sum, { duration }) => sum + (duration ?? 0), 0) / 1000,
        absent,
        isEngine: !larger.some((path) => file.name.startsWith(join(root, path))),
      });
    }
  }
  // Nothing ran, and nobody said why.
  const idle = ![...suites.values()].some(({ passed, absent, isEngine }) => isEngine && (passed > 0 || absent));
  return { passed: code === 0 && !idle, suites };
}

/** The files of a report; none where vitest ended before it wrote one. */
function resultsIn(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    return [];
  }
}

function cell(counts) {
  if (!counts) return '-';
  const { passed, failed, seconds } = counts;
  if (passed + failed === 0) return 'skipped';
  return `${passed} passed${failed > 0 ? `, ${failed} FAILED` : ''}, ${seconds.toFixed(1)} s`;
}

const reports = temporary('reports');
const results = new Map();
try {
  for (const name of chosen.length > 0 ? chosen : runtimes.keys()) results.set(name, test(name, reports));
} finally {
  rmSync(reports, { recursive: true, force: true });
}

const names = [...new Set([...results.values()].flatMap(({ suites }) => [...suites.keys()]))].sort();
const rows = [
  ['', ...[...results.keys()].map((name) => (name === 'node' ? `node ${process.versions.node}` : name))],
  ...names.map((mode) => [mode, ...[...results.values()].map(({ suites }) => cell(suites.get(mode)))]),
  ['exit', ...[...results.values()].map(({ passed }) => (passed ? 'ok' : 'FAILED'))],
];
console.log(`\n${textTable(rows)}`);
for (const [name, { suites }] of results) {
  for (const [mode, { absent }] of suites) if (absent) console.log(`${name} skipped ${mode}: ${absent}`);
}
process.exit([...results.values()].every(({ passed }) => passed) ? 0 : 1);
