import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freeAddresses } from '../../../adapters/tensorflow/test/free-port.ts';
import { describeWhere, whyNoBinding } from '../../../adapters/tensorflow/test/needed-native.ts';
import { bundle } from './bundle.ts';
import { start } from './process.ts';
import type { Ended } from './process.ts';
import { csvRows, run, temporaryFolder, tiny } from './run-main.ts';

const options = [...tiny.slice(2), '--backend', 'tensorflow', '--device', 'cpu', '--threads', '1'];
const training = [
  'train',
  'faces',
  ...options,
  '--recipe',
  'scn',
  '--relabel-epoch',
  '2',
  '--margin2',
  '0',
  '--epochs',
  '5',
];

describeWhere(whyNoBinding(), 'selfcure train --workers', () => {
  const { folder, remove } = temporaryFolder();
  let bundled: Awaited<ReturnType<typeof bundle>>;
  beforeAll(async () => {
    bundled = await bundle('packages/cli/src/cli.ts');
  });
  afterAll(async () => {
    remove();
    await bundled.remove();
  });

  /** Both workers of a run; the second gets a signal when it has printed the line of an epoch. */
  async function together(out: string, signal?: { at: number; send: NodeJS.Signals }): Promise<[Ended, Ended]> {
    const workers = (await freeAddresses(2)).join();
    let sent = false;
    const ended = await Promise.all([
      start(bundled.program, [...training, '--out', out, '--workers', workers, '--worker', '0'], { cwd: folder }),
      start(bundled.program, [...training, '--out', out, '--workers', workers], {
        cwd: folder,
        env: { JOB_COMPLETION_INDEX: '1' },
        onOutput: (stdout, child) => {
          if (!signal || sent || !new RegExp(`epoch +${signal.at}/`, 'i').test(stdout)) return;
          sent = true;
          child.kill(signal.send);
        },
      }),
    ]);
    return ended as [Ended, Ended];
  }
  const read = (...path: string[]): string => readFileSync(join(folder, ...path), 'utf8');
  const labels = (...path: string[]): Record<string, string>[] => csvRows(read(...path, 'labels.csv'));

  it('leaves a folder of each worker with the labels of its own samples; the first has the report', async () => {
    const ended = await together('whole');
    expect(
      ended.map(({ code }) => code),
      ended.map(({ stderr }) => stderr).join('\n'),
    ).toEqual([0, 0]);
    const alone = await start(bundled.program, [...training, '--out', 'alone', '--shards', '2'], { cwd: folder });
    expect(alone.code, alone.stderr).toBe(0);

    const rows = [0, 1].map((worker) => labels('whole', `worker-${worker}`));
    for (const worker of [0, 1])
      expect(rows[worker]!.map(({ sample }) => Number(sample))).toEqual(
        Array.from({ length: 32 }, (_, i) => 2 * i + worker),
      );
    const decided = ({ sample, given, current, dropped, changes }: Record<string, string>) =>
      [sample, given, current, dropped, changes].join();
    const expected = labels('alone').map(decided);
    expect(rows.flat().map(decided).sort()).toEqual(expected.sort());
    expect(rows.flat().some(({ changes }) => changes !== '0')).toBe(true);

    const [first, second] = [0, 1].map((worker) => JSON.parse(read('whole', `worker-${worker}`, 'run.json')));
    expect(first.engine.capabilities.workers).toEqual({ index: 0, count: 2 });
    expect(first.parts.model.parameters).toBe(JSON.parse(read('alone', 'run.json')).parts.model.parameters);
    expect(first.test.size).toBe(20);
    expect(second.test).toBeNull();
    expect([0, 1].map((worker) => existsSync(join(folder, 'whole', `worker-${worker}`, 'report.html')))).toEqual([
      true,
      false,
    ]);
    const exported = await run(['relabels', 'export', join(folder, 'whole', 'worker-1'), '--cured']);
    expect(csvRows(exported.stdout).map(({ sample, label }) => [sample, label])).toEqual(
      rows[1]!.map(({ sample, current }) => [sample, current]),
    );
  });

  it('ends where a worker is killed; the same commands go on to the same bits', async () => {
    const [left, lost] = await together('killed', { at: 3, send: 'SIGKILL' });
    expect(lost.signal).toBe('SIGKILL');
    expect(left.code).toBe(1);
    expect(left.stderr).toMatch(
      /worker 1 \(127\.0\.0\.1:\d+\) is lost.+start all workers again with the same commands/,
    );
    const ended = await together('killed');
    expect(
      ended.map(({ code }) => code),
      ended.map(({ stderr }) => stderr).join('\n'),
    ).toEqual([0, 0]);
    expect(ended[0].stderr).toMatch(/Going on from epoch [34], step 0/);
    for (const worker of [0, 1])
      expect(labels('killed', `worker-${worker}`)).toEqual(labels('whole', `worker-${worker}`));
    const model = (out: string): Buffer => readFileSync(join(folder, out, 'worker-1', 'model.safetensors'));
    expect(model('killed').equals(model('whole'))).toBe(true);
  });

  it('pauses both after the epoch in which one is told to', async () => {
    const ended = await together('paused', { at: 2, send: 'SIGTERM' });
    expect(
      ended.map(({ code }) => code),
      ended.map(({ stderr }) => stderr).join('\n'),
    ).toEqual([130, 130]);
    const places = [0, 1].map((worker) => JSON.parse(read('paused', `worker-${worker}`, 'run.json')));
    expect(places.map(({ status }) => status)).toEqual(['paused', 'paused']);
    expect(places[0].progress).toEqual(places[1].progress);
    expect(places[0].progress.step).toBe(0);
  });
});

describe('--workers', () => {
  it.each([
    [['--workers', 'a:1,b:1', '--worker', '0', '--backend', 'wasm'], /--workers belongs to backend tensorflow/],
    [['--workers', 'a:1,b', '--worker', '0'], /'b' is no address/],
    [['--workers', 'a:1,b:1', '--worker', '2'], /--worker: '2' is not one of 2 workers/],
    [['--workers', 'a:1,b:1'], /--worker 0 to 1/],
    [['--worker', '0'], /Give both/],
  ])('%j is refused', async (argv, message) => {
    const engine = argv.includes('--backend') ? [] : ['--backend', 'tensorflow'];
    const { code, stderr } = await run(['train', 'faces', ...engine, ...argv]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});
