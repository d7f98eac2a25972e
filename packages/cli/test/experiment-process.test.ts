import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunOutcome } from '@selfcure/experiments';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle } from './bundle.ts';
import { start } from './process.ts';
import { run, temporaryFolder } from './run-main.ts';

const { folder, remove } = temporaryFolder();
let cli: Awaited<ReturnType<typeof bundle>>;
beforeAll(async () => {
  cli = await bundle('packages/cli/src/cli.ts');
}, 60_000);
afterAll(async () => {
  await cli?.remove();
  remove();
});

/** Two runs that last for some tenths of a second, one after the other. */
const options =
  'experiment compare --recipes ce --seeds 0 --samples 96 --test-samples 32 --size 16 --width 0.25 --batch 16 --epochs 14 --jobs 1 --json'.split(
    ' ',
  );

interface Event {
  readonly event: string;
  readonly recipe?: string;
  readonly epoch?: number;
  readonly pid?: number;
  readonly message?: string;
  readonly [name: string]: unknown;
}
const eventsOf = (stdout: string): Event[] =>
  stdout
    .split('\n')
    // The last line may not be whole yet.
    .slice(0, -1)
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);
const go = (
  out: string,
  onEvent?: (event: Event, events: readonly Event[], kill: (signal: NodeJS.Signals) => void) => void,
) => {
  let seen = 0;
  return start(cli.program, [...options, '--out', out], {
    cwd: folder,
    ...(onEvent && {
      onOutput: (stdout, child) => {
        const events = eventsOf(stdout);
        for (const event of events.slice(seen)) onEvent(event, events, (signal) => child.kill(signal));
        seen = events.length;
      },
    }),
  });
};
const states = (out: string): string[] =>
  readdirSync(join(folder, out, 'runs', 'wasm')).filter((name) => name.startsWith('state-'));
const outcomes = (out: string): unknown[] =>
  (
    JSON.parse(readFileSync(join(folder, out, 'results.json'), 'utf8')) as {
      runs: { labels: unknown; outcome: RunOutcome }[];
    }
  ).runs.map(({ labels, outcome }) => ({
    labels,
    curves: outcome.curves,
    figures: { ...outcome.figures, seconds: 0 },
  }));
const firstEpochs = (events: readonly Event[]): Record<string, number> =>
  Object.fromEntries(
    events
      .filter(({ event }) => event === 'run-epoch')
      .toReversed()
      .map(({ recipe, epoch }) => [recipe!, epoch!]),
  );

beforeAll(async () => {
  const { code, stdout } = await go('whole');
  expect(code).toBe(0);
  expect(firstEpochs(eventsOf(stdout))).toEqual({ ce: 1, 'ce + relabel': 1 });
  // What a finished run needed to go on is gone.
  expect(states('whole')).toEqual([]);
}, 60_000);

test('kill -9 of a run leaves the others; the same command goes on from its last epoch to the same end', async () => {
  let killed = 0;
  const first = await go('killed', ({ event, epoch }, events) => {
    if (event !== 'run-epoch' || epoch! < 5 || killed > 0) return;
    killed = events.findLast((one) => one.event === 'run-start')!.pid!;
    process.kill(killed, 'SIGKILL');
  });
  expect(killed).toBeGreaterThan(0);
  expect(first.code).toBe(1);
  const events = eventsOf(first.stdout);
  expect(events.find(({ event }) => event === 'run-failure')!.message).toMatch(/its process ended by SIGKILL/);
  expect(events.at(-1)).toMatchObject({ status: 'failed', runs: 1, missing: 1, failures: [{ name: 'ce, seed 0' }] });
  expect(first.stderr).toMatch(/failed: ce, seed 0: its process ended by SIGKILL.*\n1 of the runs failed/s);
  expect(outcomes('killed')).toHaveLength(1);
  expect(readFileSync(join(folder, 'killed', 'report.html'), 'utf8')).toContain('its process ended by SIGKILL');
  expect(states('killed')).toHaveLength(1);

  const second = await go('killed');
  expect(second.code).toBe(0);
  const resumed = firstEpochs(eventsOf(second.stdout));
  expect(Object.keys(resumed)).toEqual(['ce']);
  expect(resumed['ce']).toBeGreaterThanOrEqual(6);
  expect(outcomes('killed')).toEqual(outcomes('whole'));
  expect(states('killed')).toEqual([]);
});

test('Ctrl-C pauses with code 130, and the same command goes on in the middle of the run', async () => {
  let done = false;
  const first = await go('paused', ({ event, epoch }, _, kill) => {
    if (event !== 'run-epoch' || epoch! < 3 || done) return;
    done = true;
    kill('SIGINT');
  });
  expect(first.code).toBe(130);
  expect(first.stderr).toMatch(/Paused with 2 runs open; the same command goes on from there/);
  expect(eventsOf(first.stdout).at(-1)).toMatchObject({ status: 'paused', runs: 0, missing: 2, failures: [] });
  expect(states('paused')).toHaveLength(1);
  const second = await go('paused');
  expect(second.code).toBe(0);
  expect(firstEpochs(eventsOf(second.stdout))['ce']).toBeGreaterThanOrEqual(4);
  expect(outcomes('paused')).toEqual(outcomes('whole'));
});

test('the process of a run does not outlive the one that started it', async () => {
  let child = 0;
  const ended = await go('orphan', ({ event, pid, epoch }, _, kill) => {
    if (event === 'run-start') child = pid!;
    if (event === 'run-epoch' && epoch === 2) kill('SIGKILL');
  });
  expect(ended.signal).toBe('SIGKILL');
  const alive = (): boolean => {
    try {
      process.kill(child, 0);
      return true;
    } catch {
      return false;
    }
  };
  for (let waited = 0; alive() && waited < 10_000; waited += 50)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(alive()).toBe(false);
  // It has left where it was, long before its end.
  expect(existsSync(join(folder, 'orphan', 'results.json'))).toBe(false);
  expect(states('orphan')).toHaveLength(1);
});

describe('a process that fails', () => {
  /** A program in place of the command line: it answers every job in the same way. */
  const answering = (name: string, code: string): string => {
    const program = join(folder, `${name}.mjs`);
    writeFileSync(program, `process.once('message', ({ spec }) => { ${code} });`);
    return program;
  };
  const compare = (program: string, out: string) => run([...options, '--out', out], { cwd: folder, program });

  test('because its engine does not start ends the experiment at once, with the remedy', async () => {
    const failed =
      "{ type: 'failed', message: 'not installed. Run: npm install x', stack: '', engine: { missing: 'x' } }";
    const program = answering('engine', `process.send(${failed}, () => process.disconnect());`);
    const { code, stdout, stderr } = await compare(program, 'engine');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error not installed\. Run: npm install x$/m);
    expect(eventsOf(stdout).filter(({ event }) => event === 'run-start')).toHaveLength(1);
  });

  test('for a reason of its own is one failure; the others are run and kept', async () => {
    const outcome = JSON.stringify({
      figures: { accuracy: 0.5 },
      curves: {},
      warnings: [],
      engine: { name: 'wasm', device: 'wasm', precision: 'float32' },
    });
    const failed = "{ type: 'failed', message: 'no numbers', stack: '', engine: null }";
    const program = answering(
      'failing',
      `process.send(spec.recipe.use === 'ce' ? ${failed} : { type: 'outcome', outcome: ${outcome} }, () => process.disconnect());`,
    );
    const { code, stdout, stderr } = await compare(program, 'failing');
    expect(code).toBe(1);
    expect(eventsOf(stdout).at(-1)).toMatchObject({
      status: 'failed',
      runs: 1,
      failures: [{ name: 'ce, seed 0', message: 'no numbers' }],
    });
    expect(stderr).toMatch(/failed: ce, seed 0: no numbers\n1 of the runs failed/);
    expect(readFileSync(join(folder, 'failing', 'results.md'), 'utf8')).toContain('ce, seed 0 failed: no numbers');
  });

  test('without a word is told with its code and its last words', async () => {
    const { stderr } = await compare(answering('dying', "console.error('out of memory'); process.exit(3);"), 'dying');
    expect(stderr).toMatch(/failed: ce, seed 0: its process ended with code 3 .*It said: out of memory/);
  });

  test('of a program that is not there says so', async () => {
    const { code, stderr } = await compare(join(folder, 'nothing.mjs'), 'nothing');
    expect(code).toBe(1);
    expect(stderr).toMatch(/its process ended with code 1 .*Cannot find module/s);
  });
});
