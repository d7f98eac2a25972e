import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { run, temporaryFolder } from './run-main.ts';

const { folder, remove } = temporaryFolder();
afterAll(remove);

describe('help and version', () => {
  test('--version prints a version and nothing else', async () => {
    expect(await run(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
  });

  test.each([
    [['--help']],
    [['train', '--help']],
    [['train', 'faces', '-h']],
    [['relabels', '--help']],
    [['relabels', 'undo', '--help']],
    [['doctor', '--help']],
    [['evaluate', '--help']],
  ])('%j explains and ends well', async (argv) => {
    const { code, stdout, stderr } = await run(argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('USAGE selfcure');
  });

  test('the help of a command names ranges, defaults and whole command lines', async () => {
    const { stdout } = await run(['train', '--help']);
    expect(stdout).toMatch(/--epochs=<N> .*a whole number from 1 to 100000 \(Default: 20\)/);
    expect(stdout).toContain('--no-augment');
    expect(stdout).toMatch(/EXAMPLES\n\n {2}selfcure train faces --noise 0\.3/);
  });
});

describe('a wrong command line ends with code 2 and one line that names the culprit', () => {
  const strategy = join(folder, 'strategy.mjs');
  writeFileSync(strategy, 'export default 1;');
  test.each<[string[], RegExp]>([
    [['trian', 'faces'], /unknown command 'trian'. Did you mean 'train'\?/],
    [['relabels', 'lst', 'x'], /Did you mean 'relabels list'\?/],
    [['--verbose'], /unknown option '--verbose'/],
    [['train'], /missing required positional argument: DATA/],
    [['train', 'faces', '--epoch', '3'], /unknown option '--epoch'. Did you mean --epochs\?/],
    [['train', 'faces', '--weightDecay', '0'], /unknown option '--weightDecay'. Did you mean --weight-decay\?/],
    [['train', 'faces', '-e', '3'], /unknown option '-e'/],
    [['train', 'faces', '--no-epochs'], /unknown option '--no-epochs'/],
    [['train', 'faces', '--epochs'], /--epochs needs a value/],
    [['train', 'faces', '--epochs', '--json'], /--epochs needs a value/],
    [['train', 'faces', '--out='], /--out needs a value/],
    [['train', 'faces', '--epochs=2', '--epochs=3'], /--epochs is given twice/],
    [['train', 'faces', '--json=yes'], /--json is a switch/],
    [['train', 'faces', 'more'], /'more' is one argument too many/],
    [['train', 'faces', '--epochs', '0'], /--epochs: '0' is not a whole number from 1 to 100000/],
    [['train', 'faces', '--epochs', '2.5'], /--epochs: '2.5' is not a whole number/],
    [['train', 'faces', '--noise', 'much'], /--noise: 'much' is not a number from 0 to 1/],
    [['train', 'faces', '--lr', '0'], /--lr: '0' is not a number above 0, at most 100/],
    [['train', 'faces', '--margin2', '-0.1', '--recipe', 'scn'], /--margin2: '-0.1' is not a number from 0 to 1/],
    [
      ['train', 'faces', '--recipe', 'sc'],
      /--recipe: 'sc' is not one of cure, ce, ce-relabel, elr, forward, gce, mixture, scn, small-loss\. Did you mean scn\?/,
    ],
    [['train', 'faces', '--backend', 'cuda'], /--backend: 'cuda' is not one of wasm, webgpu, tensorflow, reference/],
    [['train', 'faces', '--backend', 'reference', '--threads', '2'], /--threads belongs to backend wasm, tensorflow/],
    [['train', 'faces', '--device', 'cuda'], /--device belongs to backend tensorflow; this one is wasm/],
    [
      ['train', 'faces', '--recipe', 'forward'],
      /recipe forward needs to know which classes are taken for which: --trusted FILE/,
    ],
    [['train', 'faces', '--recipe', 'small-loss'], /recipe small-loss .* needs to know the noise rate: --rate/],
    [['train', 'faces', '--rate', '0.3'], /--rate belongs to recipe small-loss; this run's recipe is cure/],
    [
      ['train', 'faces', '--batch', '10', '--shards', '3', '--backend', 'reference'],
      /batchSize 10 is not a multiple of the 3 shards/,
    ],
    [['train', 'faces', '--preset', 'paper'], /--preset belongs to recipe scn; this run's recipe is cure/],
    [['train', 'faces', '--beta', '0.5', '--recipe', 'ce'], /--beta belongs to recipe scn/],
    [
      ['train', 'faces', '--margin2', '0.3', '--recipe', 'scn', '--strategy', strategy],
      /--margin2 belongs to the relabelling that --strategy replaces/,
    ],
    [['train', 'faces', '--train-labels', 'fer2013'], /--train-labels belongs to a folder/],
    [['train', folder], /--size is needed: the side in pixels/],
    [['train', folder, '--train-labels', 'majority'], /--train-labels belongs to a folder with fer2013.csv/],
    [['data', 'inspect', join(folder, 'nowhere')], /there is nothing at '.*nowhere'/],
    [['data', 'faces', folder], /--out is needed/],
    [['data', 'weak', folder], /--out is needed/],
    [['train', join(folder, 'nowhere')], /DATA: '.*nowhere' is no folder/],
    [['train', 'faces', '--labels', join(folder, 'none.csv')], /--labels: there is no file/],
    [['train', 'faces', '--force', '--resume'], /Give one of them/],
    [['train', 'faces', '--samples', '8', '--size', '16'], /8 samples, fewer than a batch of 32/],
    [['relabels', 'undo', 'x'], /give either --to-epoch or --sample/],
  ])('%j', async (argv, message) => {
    const { code, stdout, stderr } = await run(argv, { cwd: folder });
    expect(
      stderr
        .trim()
        .split('\n')
        .filter((line) => line.startsWith('error')),
    ).toEqual([expect.stringMatching(message)]);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

describe('what fails for another reason ends with code 1', () => {
  test.each<[string[], RegExp]>([
    [['evaluate', 'nowhere'], /holds no run: there is no run.json/],
    [['relabels', 'list', 'nowhere'], /holds no run/],
    [['train', 'faces', '--resume', '--out', 'nowhere'], /--resume: .* holds no run to go on with/],
    [
      ['train', '.', '--size', '48'],
      /it has the layout of no known data set\. Pass the folder that holds one of: RAF-DB/,
    ],
  ])('%j', async (argv, message) => {
    const { code, stderr } = await run(argv, { cwd: folder });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
  });

  test('--debug shows the stack', async () => {
    const { code, stderr } = await run(['evaluate', 'nowhere', '--debug'], { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^\s+at /m);
  });
});
