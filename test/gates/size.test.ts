import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, temporaryTree } from './temporary-tree.ts';

/** Runs the size gate on an entry that imports inversify; `forbid` and `limit` (kB) are its budget. */
function size(budget: { readonly forbid: readonly string[]; readonly limit: number; readonly import?: string }) {
  const folder = temporaryTree({
    'entry.js': `export { Container } from 'inversify';\n`,
    'budgets.json': JSON.stringify([
      { name: 'planted', external: [], ...budget, import: [budget.import ?? './entry.js'] },
    ]),
  });
  const args = [join(root, 'scripts/size.mjs'), '--config', join(folder, 'budgets.json')];
  return spawnSync(process.execPath, args, { encoding: 'utf8' });
}

test('a bundle within its budget passes', () => {
  const { status, stdout, stderr } = size({ forbid: ['rxjs'], limit: 100 });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/planted +[1-9]\d*\.\d\d +[1-9]\d*\.\d\d +100 +ok/);
  expect(status).toBe(0);
});

test('a budget of one byte fails', () => {
  const { status, stderr } = size({ forbid: [], limit: 0.001 });
  expect(stderr).toMatch(/planted: [1-9]\d{3,} bytes gzip, budget 1\n/);
  expect(status).toBe(1);
});

test('a forbidden package in the bundle fails', () => {
  const { status, stderr } = size({ forbid: ['inversify'], limit: 100 });
  expect(stderr).toContain('planted: the bundle contains inversify');
  expect(status).toBe(1);
});

test('an entry that does not exist fails', () => {
  const { status, stderr } = size({ forbid: [], limit: 100, import: './nowhere.js' });
  expect(stderr).toContain('Could not resolve "./nowhere.js"');
  expect(status).toBe(1);
});

test('files count as they are, all together', () => {
  const files = temporaryTree({ 'a.bin': 'a'.repeat(1500), 'b.bin': 'b'.repeat(1500) });
  const measured = (limit: number, names = ['a.bin', 'b.bin']) => {
    const config = join(files, 'budgets.json');
    writeFileSync(config, JSON.stringify([{ name: 'planted', files: names, limit }]));
    return spawnSync(process.execPath, [join(root, 'scripts/size.mjs'), '--config', config], { encoding: 'utf8' });
  };
  expect(measured(3)).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.stringMatching(/planted +3\.00 +0\.0\d +3 +ok/),
  });
  expect(measured(2.999)).toMatchObject({ status: 1, stderr: 'size: planted: 3000 bytes plain, budget 2999\n' });
  expect(measured(3, ['c.bin'])).toMatchObject({ status: 1, stderr: expect.stringContaining('no such file') });
});
