import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, temporaryTree } from './temporary-tree.ts';

const check = (text: string): number | null => {
  const config = readFileSync(join(root, '.oxfmtrc.json'), 'utf8');
  const folder = temporaryTree({ '.oxfmtrc.json': config, 'packages/core/src/file.ts': text });
  return spawnSync(join(root, 'node_modules/.bin/oxfmt'), ['--check'], { cwd: folder }).status;
};

test('the format check passes the house style and nothing else', () => {
  const long = `export const sum = (${Array.from({ length: 9 }, (_, i) => `n${i}: number`).join(', ')}): number => n0;`;
  expect(long.length).toBeGreaterThan(120);
  expect(check(`export const a = 'b';\n`)).toBe(0);
  expect(check(`export const a = "b";\n`)).not.toBe(0);
  expect(check(`export const a = 'b'\n`)).not.toBe(0);
  expect(check(`export function a(): void {\n    a();\n}\n`)).not.toBe(0);
  expect(check(`${long}\n`)).not.toBe(0);
});
