import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, expect, it } from 'vitest';
import { locate } from '../src/native/locate.ts';
import { openTensorFlow } from '../src/native/open.ts';
import { serverDefinition, taskName } from '../src/native/server-definition.ts';
import { freeAddresses } from './free-port.ts';
import { describeWhere, whyNoBinding } from './needed-native.ts';

/** What a process of the cluster says, a line each. */
interface Rank {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly ended: Promise<void>;
}

describeWhere(whyNoBinding(), 'collectives of two processes', () => {
  const ranks: Rank[] = [];
  afterEach(() => ranks.splice(0).forEach(({ child }) => child.kill('SIGKILL')));

  /** Joins a cluster and averages `rank + 1` over and over; says the value of every `every`-th round. */
  async function cluster(rounds: number): Promise<[Rank, Rank]> {
    const workers = await freeAddresses(2);
    const started = workers.map((_, rank): Rank => {
      const script = `
        const binding = (${String(openTensorFlow)})(${JSON.stringify(locate())}, { device: 'cpu', threads: 1 }, require);
        const { collectives } = binding;
        const definition = Uint8Array.from(${JSON.stringify([...serverDefinition(workers, rank)])});
        const say = (text) => require('node:fs').writeSync(1, text + '\\n');
        say('device ' + collectives.enableCollectives(definition, '${taskName(rank)}'));
        const peer = '${taskName(1 - rank)}';
        for (let tries = 0; ; tries++) {
          try { collectives.checkPeer(peer, 1000); break; } catch (error) {
            if (tries === 100) throw error;
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
          }
        }
        collectives.watchPeers([peer], 300, 1000);
        const scalar = (value) => binding.createTensor([], 3, Int32Array.of(value));
        const text = (name, value) => ({ name, type: 0, value });
        const attributes = [{ name: 'T', type: 4, value: 1 }, text('merge_op', 'Add'), text('final_op', 'Div'),
          text('communication_hint', 'ring'), { name: 'Nordering_token', type: 1, value: 0 }];
        const size = scalar(2), group = scalar(1), instance = scalar(7);
        const x = binding.createTensor([1000], 1, new Float32Array(1000).fill(${rank + 1}));
        const before = binding.tensorCount();
        try {
          for (let round = 0; round < ${rounds}; round++) {
            const [{ id }] = binding.executeOp('CollectiveReduceV2', attributes, [x, size, group, instance], 1);
            const value = binding.readTensors([id])[0];
            binding.deleteTensors([id]);
            if (round % 50 === 0) say('value ' + value[0] + ' ' + value[999]);
          }
          say('tensors ' + (binding.tensorCount() - before));
        } catch (error) { say('error ' + error.message.replaceAll('\\n', ' ')); }
        process.exit(0);`;
      const child = spawn(process.execPath, ['--input-type=commonjs', '-e', script], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const lines: string[] = [];
      let rest = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        const parts = (rest + text).split('\n');
        rest = parts.pop() ?? '';
        lines.push(...parts);
      });
      return { child, lines, ended: new Promise((resolve) => child.on('close', () => resolve())) };
    });
    ranks.push(...started);
    return started as [Rank, Rank];
  }

  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  it('give every rank the mean, and hold no tensors', { timeout: 40_000 }, async () => {
    const both = await cluster(101);
    await Promise.all(both.map(({ ended }) => ended));
    both.forEach(({ lines }, rank) =>
      expect(lines).toEqual([
        `device ${taskName(rank)}/device:CPU:0`,
        'value 1.5 1.5',
        'value 1.5 1.5',
        'value 1.5 1.5',
        'tensors 0',
      ]),
    );
  });

  // A process that ends closes its connections; one that hangs answers nothing, which the watch notices.
  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'end with an error where the other gets %s',
    { timeout: 40_000 },
    async (signal) => {
      const [left, lost] = await cluster(1e9);
      await until(() => left.lines.length > 2 && lost.lines.length > 2);
      lost.child.kill(signal);
      const start = performance.now();
      await left.ended;
      expect(left.lines.at(-1)).toMatch(/^error .*(abort|lost)/i);
      if (signal === 'SIGSTOP') expect(left.lines.at(-1)).toContain(`worker ${taskName(1)} is lost`);
      // Bounded by interval and timeout of the watch, 1.3 s; the rest is a busy machine.
      expect(performance.now() - start).toBeLessThan(20_000);
    },
  );
});
