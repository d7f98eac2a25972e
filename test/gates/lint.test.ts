import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, temporaryTree } from './temporary-tree.ts';

interface Report {
  readonly diagnostics: readonly { readonly code?: string; readonly filename: string; readonly severity: string }[];
  readonly number_of_files: number;
}

/** Lints planted files with the repository's rules; gives the names of the rules that each file breaks. */
function lint(files: Readonly<Record<string, string>>): Map<string, string[]> {
  const folder = temporaryTree({ '.oxlintrc.json': readFileSync(join(root, '.oxlintrc.json'), 'utf8'), ...files });
  const { stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/oxlint'), ['--format=json'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const report = JSON.parse(stdout) as Report;
  expect(report.number_of_files).toBe(Object.keys(files).length);
  const broken = new Map(Object.keys(files).map((path) => [path, [] as string[]]));
  for (const { code, filename, severity } of report.diagnostics) {
    if (severity === 'error') broken.get(filename)?.push(/\((.+)\)/.exec(code ?? '')?.[1] ?? 'unknown');
  }
  return broken;
}

const uses = (name: string): string => `import { part } from '${name}';\nexport const it: unknown = part;\n`;
const imports = 'no-restricted-imports';
const node = 'no-nodejs-modules';

/** [file, import that it may not have, rule] */
const forbidden: readonly (readonly [string, string, string])[] = [
  ['packages/tensor/src', '@selfcure/core', imports],
  ['packages/tensor/src', '@selfcure/reference', imports],
  ['packages/tensor/src', 'selfcure', imports],
  ['packages/tensor/src', '@tensorflow/tfjs-core', imports],
  ['packages/tensor/src', 'inversify', imports],
  ['packages/tensor/src', 'node:fs', imports],
  ['packages/tensor/src', 'fs/promises', node],
  ['packages/core/src/train', '@selfcure/models', imports],
  ['packages/core/src/train', '@selfcure/data', imports],
  ['packages/core/src/train', '@selfcure/wasm', imports],
  ['packages/core/src/train', 'selfcure', imports],
  ['packages/core/src/train', 'inversify', imports],
  ['packages/core/src/train', '@tensorflow/tfjs-core', imports],
  ['packages/core/src/train', 'node:fs/promises', imports],
  ['packages/core/src/train', 'crypto', node],
  ['packages/core/src/train', '../../../tensor/src/index.ts', imports],
  ['packages/core/src/train', '../../../../adapters/wasm/src/index.ts', imports],
  ['packages/core/src/train', '../../../../test/conformance/index.ts', imports],
  ['packages/core/src/app', '@selfcure/data', imports],
  ['packages/models/src', '@selfcure/data', imports],
  ['packages/models/src', '@selfcure/tfjs', imports],
  ['packages/models/src', 'node:fs', imports],
  ['packages/models/src', 'inversify', imports],
  ['packages/data/src', '@selfcure/models', imports],
  ['packages/data/src', '@selfcure/core/app', imports],
  ['packages/data/src', 'node:fs', imports],
  ['packages/data/src', 'path', node],
  ['packages/data/src', './node.ts', imports],
  ['packages/data/src/noise', '../node/files.ts', imports],
  ['packages/data/src/node', '@selfcure/report', imports],
  ['packages/report/src', '@selfcure/models', imports],
  ['packages/report/src', '@selfcure/wasm', imports],
  ['packages/report/src', 'node:fs', imports],
  ['packages/report/src', 'selfcure', imports],
  ['packages/future/src', '@selfcure/report', imports],
  ['packages/cli/src', '@selfcure/test', imports],
  ['packages/cli/src', '../../../test/e2e/files.ts', imports],
  ['adapters/reference/src', '@selfcure/core', imports],
  ['adapters/reference/src', '@selfcure/tfjs', imports],
  ['adapters/tfjs/src', '@selfcure/core', imports],
  ['adapters/tfjs/src', '@selfcure/wasm', imports],
  ['adapters/wasm/src', '@selfcure/core', imports],
  ['adapters/wasm/src', '@selfcure/reference', imports],
  ['adapters/wasm/src', 'selfcure', imports],
  ['adapters/wasm/src', '../../tfjs/src/index.ts', imports],
  ['adapters/tensorflow/src', '@selfcure/core', imports],
  ['adapters/webgpu/src', '@selfcure/tfjs', imports],
  ['adapters/webgpu/src', 'webgpu', imports],
  ['adapters/webgpu/src', 'node:fs', imports],
];

const allowed: readonly (readonly [string, string])[] = [
  ['packages/core/src/train', '@selfcure/tensor'],
  ['packages/core/src/app', 'inversify'],
  ['packages/core/src', './data/dataset.ts'],
  ['packages/models/src', '@selfcure/core'],
  ['packages/data/src', '@selfcure/core'],
  ['packages/data/src/node', 'node:fs'],
  ['packages/report/src', '@selfcure/tensor'],
  ['packages/cli/src', '@selfcure/wasm'],
  ['packages/cli/src', 'node:fs'],
  ['adapters/tfjs/src', '@tensorflow/tfjs-core'],
  ['adapters/wasm/src', '@selfcure/tfjs'],
  ['adapters/tensorflow/src', '@selfcure/tfjs'],
  ['adapters/wasm/src', 'node:worker_threads'],
  ['packages/core/test', '@selfcure/reference'],
];

test('every forbidden import is reported, and no allowed one', () => {
  const wrong = forbidden.map(([folder, name], index) => [`${folder}/wrong-${index}.ts`, uses(name)] as const);
  const right = allowed.map(([folder, name], index) => [`${folder}/right-${index}.ts`, uses(name)] as const);
  const broken = lint(Object.fromEntries([...wrong, ...right]));

  for (const [index, [path]] of wrong.entries()) {
    expect(broken.get(path), `${path} imports ${forbidden[index]?.[1]}`).toContain(forbidden[index]?.[2]);
  }
  for (const [index, [path]] of right.entries()) {
    expect(broken.get(path), `${path} imports ${allowed[index]?.[1]}`).toEqual([]);
  }
});

test('an import hides behind no other form', () => {
  const forms = [
    `import '@selfcure/core';`,
    `import type { Part } from '@selfcure/core';\nexport type It = Part;`,
    `export * from '@selfcure/core';`,
    `export { part } from '@selfcure/core/app';`,
    `export const load = (): Promise<unknown> => import('@selfcure/core');`,
    `export const load = (): Promise<unknown> => import('node:fs');`,
  ];
  const files = forms.map((text, index) => [`packages/tensor/src/form-${index}.ts`, `${text}\n`] as const);
  const broken = lint(Object.fromEntries(files));
  for (const [path, text] of files) expect(broken.get(path), text).toContain(imports);
});

test('app.ts of core may import inversify, a file beside it may not', () => {
  const broken = lint({
    'packages/core/src/app.ts': uses('inversify'),
    'packages/core/src/apps.ts': uses('inversify'),
  });
  expect(broken.get('packages/core/src/app.ts')).toEqual([]);
  expect(broken.get('packages/core/src/apps.ts')).toEqual([imports]);
});

test('a cycle is reported', () => {
  const broken = lint({
    'packages/core/src/a.ts': `import { b } from './b.ts';\nexport const a = (): unknown => b();\n`,
    'packages/core/src/b.ts': `import { a } from './a.ts';\nexport const b = (): unknown => a();\n`,
  });
  expect(broken.get('packages/core/src/a.ts')).toContain('no-cycle');
});

/** [file, code that it may not hold, rule] */
const code: readonly (readonly [string, string, string])[] = [
  ['packages/core/src', 'export const a = Math.random();', 'no-restricted-properties'],
  ['packages/data/src', `export const a = Math['random']();`, 'no-restricted-properties'],
  ['adapters/wasm/src', 'const { random } = Math;\nexport const a = random();', 'no-restricted-properties'],
  ['packages/core/test', 'export const a = Math.random();', 'no-restricted-properties'],
  ['packages/data/src', 'export const a = (x: number): number => Math.exp(x);', 'no-restricted-properties'],
  ['packages/core/src', 'export const a = (x: number): number => Math.pow(x, 2);', 'no-restricted-properties'],
  [
    'adapters/tfjs/src',
    'export const a = (t: { dataSync(): unknown }): unknown => t.dataSync();',
    'no-restricted-properties',
  ],
  [
    'adapters/wasm/src',
    'export const a = (t: { arraySync(): unknown }): unknown => t.arraySync();',
    'no-restricted-properties',
  ],
  [
    'adapters/tensorflow/src',
    'export const a = (t: { bufferSync(): unknown }): unknown => t.bufferSync();',
    'no-restricted-properties',
  ],
  ['packages/core/src', 'console.log(1);', 'no-console'],
  ['adapters/reference/src', 'console.warn(1);', 'no-console'],
  ['packages/tensor/src', 'export const a: unknown = document;', 'no-restricted-globals'],
  ['packages/core/src', 'export const a: unknown = process;', 'no-restricted-globals'],
  ['packages/models/src', `export const a: unknown = fetch('x');`, 'no-restricted-globals'],
  ['packages/report/src', 'export const a: unknown = window;', 'no-restricted-globals'],
  ['packages/core/src', 'export default 1;', 'no-default-export'],
  ['packages/core/src', 'export const a = (): void => {\n  debugger;\n};', 'no-debugger'],
  ['packages/core/src', 'export const a = (x: any): unknown => x;', 'no-explicit-any'],
];

test('forbidden code is reported', () => {
  const files = code.map(([folder, text], index) => [`${folder}/code-${index}.ts`, `${text}\n`] as const);
  const console = ['packages/cli/src/console.ts', 'console.log(1);\n'] as const;
  const broken = lint(Object.fromEntries([...files, console]));
  for (const [index, [path, text]] of files.entries()) expect(broken.get(path), text).toContain(code[index]?.[2]);
  expect(broken.get(console[0])).toEqual([]);
});
