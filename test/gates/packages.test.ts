import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, temporaryTree } from './temporary-tree.ts';

const sound = {
  name: '@selfcure/planted',
  version: '0.0.0',
  description: 'A package with planted faults',
  license: 'Apache-2.0',
  type: 'module',
  sideEffects: false,
  engines: { node: '>=20.19.0' },
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
  files: ['dist'],
};

type Files = Readonly<Record<string, string>>;

const texts: Files = {
  'README.md': '# planted\n',
  LICENSE: readFileSync(join(root, 'LICENSE'), 'utf8'),
};

/** Packs and checks a planted package. */
function check(manifest: Readonly<Record<string, unknown>>, files: Files = {}, beside = texts) {
  const folder = temporaryTree({
    'package.json': JSON.stringify({ ...sound, ...manifest }),
    ...beside,
    'dist/index.js': 'export const planted = 1;\n',
    'dist/index.d.ts': 'export declare const planted: number;\n',
    ...files,
  });
  return spawnSync(process.execPath, [join(root, 'scripts/check-packages.mjs'), folder], { encoding: 'utf8' });
}

test('a sound package passes', () => {
  const { status, stdout, stderr } = check({});
  expect(stderr).toBe('');
  expect(stdout).toContain('ok     @selfcure/planted');
  expect(status).toBe(0);
});

const exports = (extra: Readonly<Record<string, unknown>>) => ({ exports: { ...sound.exports, ...extra } });

test('one run reports every planted fault', () => {
  const { status, stderr } = check(
    {
      ...exports({ './gone': { types: './dist/gone.d.ts', default: './dist/gone.js' } }),
      scripts: { postinstall: 'node dist/index.js' },
      files: ['dist', 'src'],
      dependencies: { '@selfcure/core': '^99.0.0' },
    },
    {
      'src/index.ts': 'export const planted = 1;\n',
      'dist/index.js': `export { x } from './chunk.js';\nexport const y = await import('left-pad');\n`,
      'dist/chunk.js': `export const x = '${root.replace(/\/$/, '')}';\n`,
      'dist/index.d.ts': `export type { X } from './x.ts';\nexport type { Y } from 'undeclared';\n`,
      'dist/orphan.js': 'export const z = 1;\n',
      'dist/.tsbuildinfo': '{}',
    },
  );
  expect(status).toBe(1);
  for (const fault of [
    'names dist/gone.js, which is not packed',
    'names dist/gone.d.ts, which is not packed',
    'it runs an install script, "postinstall"',
    'src/index.ts must not be packed',
    'dist/.tsbuildinfo must not be packed',
    'it asks for @selfcure/core ^99.0.0',
    'imports left-pad, which package.json does not declare',
    'refers to undeclared, which package.json does not declare',
    'refers to ./x.ts, which is not packed',
    'dist/orphan.js is reached from no entry',
    'dist/chunk.js holds a path of this machine',
  ]) {
    expect(stderr).toContain(fault);
  }
  expect(stderr).not.toContain('chunk.js is reached');
});

test('a package comes with its description and its licence', () => {
  const bare = check({}, {}, {});
  expect(bare.stderr).toContain('README.md is missing');
  expect(bare.stderr).toContain('LICENSE is missing');
  expect(bare.status).toBe(1);
  expect(check({}, { LICENSE: 'Do as you like.\n' }).stderr).toContain('LICENSE is not that of the repository');
});

test('publint and attw are asked', () => {
  const swapped = check(exports({ '.': { default: './dist/index.js', types: './dist/index.d.ts' } }));
  expect(swapped.stderr).toContain('publint: ');
  expect(swapped.status).toBe(1);

  // Declarations of a CommonJS module beside an ES module.
  const types = './dist/index.d.cts';
  const lying = check(exports({ '.': { types, default: './dist/index.js' } }), {
    'dist/index.d.cts': 'export declare const planted: number;\n',
  });
  expect(lying.stderr).toContain('attw:');
  expect(lying.status).toBe(1);
});
