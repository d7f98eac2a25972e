import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { demand, noRedis, startRedis } from '../../slices/test/servers.ts';
import type { Server } from '../../slices/test/servers.ts';
import { bundle } from './bundle.ts';
import { start } from './process.ts';
import type { Ended } from './process.ts';
import { eventsOf, outcomesIn, startWorker } from './queue-setting.ts';
import type { Worker } from './queue-setting.ts';
import { run, temporaryFolder } from './run-main.ts';

demand('Redis', noRedis);

const tiny = '--samples 64 --test-samples 32 --size 16 --width 0.25 --batch 16 --epochs 20'.split(' ');
/** Four rows over three seeds. */
const twelve = ['compare', '--recipes', 'cure,scn:relabelEpoch=2', '--seeds', '0,1,2', ...tiny];
/** The two rows that always stand, over three seeds: runs of the twelve. */
const six = ['compare', '--recipes', 'ce', '--seeds', '0,1,2', ...tiny];
const pair = ['compare', '--recipes', 'ce', '--seeds', '0', ...tiny];

describe.skipIf(noRedis !== null)('experiments over a queue', { timeout: 240_000 }, () => {
  const { folder, remove } = temporaryFolder();
  let redis: Server;
  let cli: Awaited<ReturnType<typeof bundle>>;
  const workers: Worker[] = [];
  beforeAll(async () => {
    // What runs keep of FER2013 does not belong into the user's cache.
    vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
    [redis, cli] = await Promise.all([startRedis(), bundle('packages/cli/src/cli.ts')]);
  }, 60_000);
  afterAll(async () => {
    for (const worker of workers) worker.signalAll('SIGKILL');
    await Promise.all(workers.map(({ ended }) => ended));
    await cli?.remove();
    await redis?.close();
    vi.unstubAllEnvs();
    remove();
  });

  /** A queue of its own for every test. */
  const queueAt = (prefix: string): string => `redis://127.0.0.1:${redis.port}/${prefix}`;
  const worker = async (prefix: string, ...more: string[]): Promise<Worker> => {
    const one = await startWorker(cli.program, folder, ['--queue', queueAt(prefix), '--lease', '2', ...more]);
    workers.push(one);
    return one;
  };
  /** Ends a worker as its user does. */
  const dismiss = async (...some: Worker[]): Promise<void> => {
    for (const one of some) one.signal('SIGTERM');
    for (const one of some) expect(await one.ended).toEqual({ code: 0, signal: null });
  };
  const experiment = (args: readonly string[], out: string, ...more: string[]): Promise<Ended> =>
    start(cli.program, ['experiment', ...args, '--out', out, '--json', ...more], { cwd: folder });
  const over = (prefix: string, args: readonly string[], out: string, ...more: string[]): Promise<Ended> =>
    experiment(args, out, '--queue', queueAt(prefix), ...more);
  const outcomes = (out: string): unknown[] => outcomesIn(join(folder, out));
  const begun = ({ events }: Worker): string[] =>
    events.flatMap(({ event, name }) => (event === 'run-start' ? [name!] : []));
  const epochsOf = ({ events }: Worker, name: string): number[] =>
    events.flatMap((one) => (one.event === 'run-epoch' && one.name === name ? [one.epoch!] : []));
  const keysOf = async (pattern: string): Promise<string[]> => {
    const client = new Redis(redis.port, '127.0.0.1');
    const keys = await client.keys(pattern);
    client.disconnect();
    return keys;
  };

  beforeAll(async () => {
    const sequential = await run(['experiment', ...twelve, '--jobs', '0', '--out', 'sequential'], { cwd: folder });
    expect(sequential.code).toBe(0);
    expect(outcomes('sequential')).toHaveLength(12);
  }, 60_000);

  test('twelve runs over two workers are the twelve sequential ones', async () => {
    const both = await Promise.all([worker('two'), worker('two')]);
    const { code, stdout } = await over('two', twelve, 'over-two');
    expect(code).toBe(0);
    expect(outcomes('over-two')).toEqual(outcomes('sequential'));
    const taken = both.map(begun);
    expect(taken.map((names) => names.length > 0)).toEqual([true, true]);
    expect(taken.flat()).toHaveLength(12);
    expect(new Set(taken.flat()).size).toBe(12);
    const events = eventsOf(stdout);
    expect(events.filter(({ event }) => event === 'run-epoch')).toHaveLength(12 * 20);
    expect(events.at(-1)).toMatchObject({ event: 'end', status: 'finished', runs: 12, failures: [] });
    await dismiss(...both);
    // What a finished run needed to go on is gone.
    expect(await keysOf('two:files:*')).toEqual([]);
  });

  test('also where a worker is killed with its run: another one goes on from the last epoch', async () => {
    const [victim, other] = await Promise.all([worker('killed'), worker('killed')]);
    const all = over('killed', twelve, 'over-killed');
    const { name } = await victim.seen(({ event, epoch }) => event === 'run-epoch' && epoch! >= 3);
    victim.signalAll('SIGKILL');
    expect((await victim.ended).signal).toBe('SIGKILL');
    const { code, stderr } = await all;
    expect(code).toBe(0);
    expect(outcomes('over-killed')).toEqual(outcomes('sequential'));
    const last = epochsOf(victim, name!).at(-1)!;
    const [next] = epochsOf(other, name!);
    expect(next).toBeGreaterThan(last);
    expect(next).toBeLessThanOrEqual(20);
    expect(stderr).toMatch(/a worker has gone silent; another one goes on with its run/);
    await dismiss(other);
  });

  test('a worker that was frozen until another took over, and then goes on, does no harm', async () => {
    const frozen = await worker('frozen');
    const all = over('frozen', pair, 'over-frozen');
    const { name } = await frozen.seen(({ event, epoch }) => event === 'run-epoch' && epoch! >= 3);
    frozen.signalAll('SIGSTOP');
    const other = await worker('frozen');
    await other.seen((one) => one.event === 'run-start' && one.name === name);
    frozen.signalAll('SIGCONT');
    const { code } = await all;
    expect(code).toBe(0);
    expect(outcomes('over-frozen')).toHaveLength(2);
    expect(outcomes('sequential')).toEqual(expect.arrayContaining(outcomes('over-frozen')));
    await dismiss(frozen, other);
  });

  test('two experiments at once share what they have in common', async () => {
    const only = await worker('shared');
    const both = await Promise.all([over('shared', pair, 'shared-a'), over('shared', six, 'shared-b')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(outcomes('shared-b')).toHaveLength(6);
    expect(outcomes('sequential')).toEqual(expect.arrayContaining(outcomes('shared-b')));
    // The runs of the first are among those of the second.
    expect(outcomes('shared-a')).toHaveLength(2);
    expect(outcomes('shared-b')).toEqual(expect.arrayContaining(outcomes('shared-a')));
    expect(begun(only)).toHaveLength(6);
    // An outcome that is there is taken as it is: no worker is needed.
    await dismiss(only);
    expect((await over('shared', pair, 'shared-c')).code).toBe(0);
    expect(outcomes('shared-c')).toEqual(outcomes('shared-a'));
  });

  test('a worker that is told to stop gives its run back with its state, and the next one goes on', async () => {
    const first = await worker('stopped');
    const all = over('stopped', pair, 'over-stopped');
    const { name } = await first.seen(({ event, epoch }) => event === 'run-epoch' && epoch! >= 3);
    first.signal('SIGTERM');
    expect(await first.ended).toEqual({ code: 0, signal: null });
    const last = epochsOf(first, name!).at(-1)!;
    expect(first.events.at(-1)).toEqual({ event: 'run-back', name });
    const second = await worker('stopped');
    const { code, stdout } = await all;
    expect(code).toBe(0);
    // Epoch `last + 1` may have been paused in its middle.
    expect(epochsOf(second, name!)[0]).toBe(last + 1);
    const row = eventsOf(stdout).filter(
      ({ event, recipe, seed }) => event === 'run-epoch' && `${recipe}, seed ${seed}` === name,
    );
    expect(row.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(outcomes('sequential')).toEqual(expect.arrayContaining(outcomes('over-stopped')));
    await dismiss(second);
  });

  test('Ctrl-C at the experiment leaves its runs to the workers, and the same command collects them', async () => {
    const only = await worker('left');
    let interrupted = false;
    const left = await start(
      cli.program,
      ['experiment', ...pair, '--out', 'over-left', '--json', '--queue', queueAt('left')],
      {
        cwd: folder,
        onOutput: (stdout, child) => {
          if (interrupted || !stdout.includes('run-epoch')) return;
          interrupted = true;
          child.kill('SIGINT');
        },
      },
    );
    expect(left.code).toBe(130);
    expect(left.stderr).toMatch(/Paused with \d runs open; the workers go on with them, and the same command collects/);
    expect((await over('left', pair, 'over-left')).code).toBe(0);
    expect(outcomes('sequential')).toEqual(expect.arrayContaining(outcomes('over-left')));
    expect(begun(only)).toHaveLength(2);
    await dismiss(only);
  });

  test('a pretraining is done once, and its backbone reaches the worker of every run that starts from it', async () => {
    const both = await Promise.all([worker('pretrain'), worker('pretrain')]);
    const args =
      'pretrain --seeds 0 --samples 64 --weak-samples 96 --test-samples 32 --size 16 --width 0.25 --batch 16 --epochs 3'.split(
        ' ',
      );
    const [queued, local] = await Promise.all([
      over('pretrain', args, 'over-pretrain'),
      experiment(args, 'for-pretrain', '--jobs', '1'),
    ]);
    expect([queued.code, local.code]).toEqual([0, 0]);
    expect(outcomes('over-pretrain')).toEqual(outcomes('for-pretrain'));
    const runs = (stdout: string): number => eventsOf(stdout).filter(({ event }) => event === 'run').length;
    expect(both.flatMap(begun)).toHaveLength(runs(local.stdout));
    await dismiss(...both);
    const backbones = await keysOf('pretrain:files:*');
    expect(backbones.length).toBeGreaterThan(0);
    expect(backbones.filter((key) => !key.includes(':backbone-'))).toEqual([]);
  });

  test('a sweep asks the queue round by round', async () => {
    const args =
      'sweep --grid lr=1e-3,5e-3 --recipe ce --budgets 2,4 --seeds 0 --samples 64 --test-samples 32 --size 16 --width 0.25 --batch 16'.split(
        ' ',
      );
    const only = await worker('sweep');
    expect((await over('sweep', args, 'over-sweep')).code).toBe(0);
    expect((await experiment(args, 'for-sweep', '--jobs', '1')).code).toBe(0);
    expect(outcomes('over-sweep')).toEqual(outcomes('for-sweep'));
    await dismiss(only);
  });

  test('runs on FER2013 go to workers that have it, wherever it lies there', async () => {
    const images = Array.from({ length: 60 }, (_, i) => ({
      label: i % 7,
      pixels: Array.from({ length: 48 * 48 }, (_, p) => (p * (i + 3) + ((p * p) % (i + 7))) % 256).join(' '),
      usage: i < 36 ? 'Training' : i < 48 ? 'PublicTest' : 'PrivateTest',
    }));
    const write = (name: string): void => {
      mkdirSync(join(folder, name));
      writeFileSync(
        join(folder, name, 'fer2013.csv'),
        `emotion,pixels,Usage\n${images.map(({ label, pixels, usage }) => `${label},"${pixels}",${usage}`).join('\n')}\n`,
      );
      const columns = ['neutral', 'happiness', 'surprise', 'sadness', 'anger', 'disgust', 'fear'];
      const order = ['anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise', 'neutral'];
      const votes = images.map(({ label, usage }) =>
        [usage, '', ...columns.map((column) => (column === order[label] ? 9 : 0)), 0, 1, 0].join(','),
      );
      writeFileSync(
        join(folder, name, 'fer2013new.csv'),
        `Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n${votes.join('\n')}\n`,
      );
    };
    write('data-of-the-asker');
    write('data-of-the-worker');
    const args =
      'compare data-of-the-asker --recipes ce --seeds 0 --samples 28 --width 0.125 --batch 14 --epochs 2'.split(' ');
    const [onFaces, onFolder] = await Promise.all([worker('fer'), worker('fer', '--data', 'data-of-the-worker')]);
    expect((await over('fer', args, 'over-fer')).code).toBe(0);
    expect((await experiment(args, 'for-fer', '--jobs', '1')).code).toBe(0);
    expect(outcomes('over-fer')).toEqual(outcomes('for-fer'));
    expect(begun(onFaces)).toEqual([]);
    expect(begun(onFolder)).toHaveLength(2);
    // Nothing on Redis names a folder of either.
    const client = new Redis(redis.port, '127.0.0.1');
    const texts: string[] = [];
    for (const key of await client.keys('fer:*'))
      if ((await client.type(key)) === 'hash') texts.push(JSON.stringify(await client.hgetall(key)));
    client.disconnect();
    expect(texts.join('\n')).toContain('"kind\\":\\"fer\\"');
    expect(texts.join('\n')).not.toMatch(/data-of-the/);
    expect(readFileSync(join(folder, 'over-fer', 'results.json'), 'utf8')).not.toContain(folder);
    await dismiss(onFaces, onFolder);
  });

  describe('what goes wrong', () => {
    /** A program in place of the command line: it answers every run in the same way. */
    const answering = (name: string, code: string): string => {
      const program = join(folder, `${name}.mjs`);
      writeFileSync(program, `import fs from 'node:fs'; process.once('message', ({ spec }) => { ${code} });`);
      return program;
    };
    const outcome = JSON.stringify({
      figures: { accuracy: 0.5 },
      curves: {},
      warnings: [],
      engine: { name: 'wasm', device: 'wasm', precision: 'float32' },
    });
    const say = (message: string): string => `process.send(${message}, () => process.disconnect());`;
    const asking = (prefix: string, out = prefix) =>
      run(['experiment', ...pair, '--out', out, '--json', '--queue', queueAt(prefix)], { cwd: folder });
    /** An experiment of two runs, beside a worker in this process whose runs are processes of a program. */
    const between = async (prefix: string, program: string) => {
      const stop = new AbortController();
      const serving = run(['worker', '--json', '--queue', queueAt(prefix)], {
        cwd: folder,
        program,
        signal: stop.signal,
      });
      const asked = await asking(prefix);
      stop.abort();
      const served = await serving;
      return { ...asked, events: eventsOf(asked.stdout), served: { ...served, events: eventsOf(served.stdout) } };
    };
    const count = (name: string): number => readFileSync(join(folder, name), 'utf8').length;

    test('a run that fails is tried three times and then told with its reason; the others are kept', async () => {
      const failed = "{ type: 'failed', message: 'no numbers', stack: '', engine: null }";
      const log = JSON.stringify(join(folder, 'failing.log'));
      const program = answering(
        'failing',
        `if (spec.recipe.use !== 'ce') return ${say(`{ type: 'outcome', outcome: ${outcome} }`)}
        fs.appendFileSync(${log}, '.'); ${say(failed)}`,
      );
      const { code, events, stderr, served } = await between('failing', program);
      expect(code).toBe(1);
      expect(count('failing.log')).toBe(3);
      expect(events.at(-1)).toMatchObject({
        status: 'failed',
        runs: 1,
        failures: [{ name: 'ce, seed 0', message: 'no numbers' }],
      });
      expect(stderr).toMatch(/failed: ce, seed 0: no numbers\n1 of the runs failed/);
      const told = served.events.filter(({ event }) => event === 'run-failure');
      expect(told.map(({ again }) => again)).toEqual([true, true, false]);
      // The same command tries it again, as often.
      const better = answering('better', say(`{ type: 'outcome', outcome: ${outcome} }`));
      const second = await between('failing', better);
      expect(second.code).toBe(0);
      expect(second.served.events.filter(({ event }) => event === 'run-start')).toHaveLength(1);
    });

    test('a run whose process dies is tried again', async () => {
      const log = JSON.stringify(join(folder, 'dying.log'));
      const program = answering(
        'dying',
        `fs.appendFileSync(${log}, '.'); if (fs.readFileSync(${log}).length === 1) process.kill(process.pid, 'SIGKILL');
        else ${say(`{ type: 'outcome', outcome: ${outcome} }`)}`,
      );
      const { code, served } = await between('dying', program);
      expect(code).toBe(0);
      expect(count('dying.log')).toBe(3);
      expect(served.events.find(({ event }) => event === 'run-failure')).toMatchObject({
        again: true,
        message: expect.stringMatching(/ended by SIGKILL/),
      });
    });

    test('a worker whose engine breaks gives its run back and ends with the reason', async () => {
      const failed = "{ type: 'failed', message: 'the device is lost', stack: '', engine: { missing: null } }";
      const asked = asking('engine');
      const broken = await run(['worker', '--json', '--queue', queueAt('engine')], {
        cwd: folder,
        program: answering('engine', say(failed)),
      });
      expect(broken.code).toBe(1);
      expect(broken.stderr).toMatch(/^error the device is lost$/m);
      expect(eventsOf(broken.stdout).map(({ event }) => event)).toEqual(['ready', 'run-start', 'run-back']);
      const stop = new AbortController();
      const other = run(['worker', '--queue', queueAt('engine')], {
        cwd: folder,
        program: answering('sound', say(`{ type: 'outcome', outcome: ${outcome} }`)),
        signal: stop.signal,
      });
      expect((await asked).code).toBe(0);
      stop.abort();
      expect(await other).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ce, seed 0: accuracy 50\.0 %$/m) });
    });

    test('runs that Redis has forgotten are failures that say so', async () => {
      const asked = asking('forgotten');
      const client = new Redis(redis.port, '127.0.0.1');
      while ((await client.keys('forgotten:*:id')).length === 0)
        await new Promise((resolve) => setTimeout(resolve, 20));
      await new Promise((resolve) => setTimeout(resolve, 500));
      const keys = await client.keys('forgotten:*');
      await client.del(...keys);
      client.disconnect();
      const { code, stderr } = await asked;
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /no worker takes these runs yet\. Start some: selfcure worker --queue redis:\/\/127\.0\.0\.1:\d+\/forgotten/,
      );
      expect(stderr).toMatch(/failed: ce, seed 0: it is gone from the queue/);
    });

    test('a worker without the data that it is to have takes no runs', async () => {
      mkdirSync(join(folder, 'empty'));
      const { code, stdout, stderr } = await run(['worker', '--json', '--queue', queueAt('empty'), '--data', 'empty'], {
        cwd: folder,
      });
      expect(stderr).toMatch(/^error .*fer2013\.csv/m);
      expect([code, stdout]).toEqual([1, '']);
    });

    test('packages that are not installed are named', async () => {
      // Node looks for them where there is nothing.
      const hook = join(folder, 'hook.mjs');
      writeFileSync(
        hook,
        `export const resolve = (name, context, next) =>
          next(name, /^(bullmq|ioredis)$/.test(name) ? { ...context, parentURL: 'file:///nowhere/at/all.mjs' } : context);`,
      );
      const register = join(folder, 'register.mjs');
      writeFileSync(register, `import { register } from 'node:module'; register(${JSON.stringify(`file://${hook}`)});`);
      const env = { NODE_OPTIONS: `--import file://${register}` };
      const refused =
        /^error a queue needs packages that are not installed: bullmq was not found\. Run: npm install bullmq ioredis$/m;
      for (const args of [['worker'], ['experiment', ...pair, '--out', 'missing']]) {
        const { code, stderr } = await start(cli.program, [...args, '--queue', queueAt('missing')], {
          cwd: folder,
          env,
        });
        expect(stderr).toMatch(refused);
        expect(code).toBe(1);
      }
    });
  });
});
