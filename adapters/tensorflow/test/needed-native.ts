import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { findCompiler } from '../src/install/compile-binding.ts';
import { bindingPackage, wheelsFor } from '../src/install/catalog.ts';
import { locate } from '../src/native/locate.ts';

/** Folder of `selfcure-tensorflow download`: SELFCURE_TF_WHEELS, else `~/.cache/selfcure/tensorflow-wheels`. */
export const wheelFolder = process.env['SELFCURE_TF_WHEELS'] ?? join(homedir(), '.cache/selfcure/tensorflow-wheels');

/** Why an install from a folder cannot be tested here; null where it can. */
export async function whyNoInstall(): Promise<string | null> {
  const wheels = wheelsFor(process.arch, 'cpu') ?? [];
  const missing = [...wheels.map(({ file }) => file), bindingPackage.tarball].find(
    (file) => !existsSync(join(wheelFolder, file)),
  );
  if (missing !== undefined) return `${wheelFolder} lacks ${missing}: npx selfcure-tensorflow download ${wheelFolder}`;
  return (await findCompiler()) === null ? 'there is no C++ compiler' : null;
}

/** Why no binding can be tested here; null where one can. */
export function whyNoBinding(): string | null {
  try {
    const { kind } = locate();
    return kind === 'own' ? null : `the binding is ${kind}, not of selfcure-tensorflow install`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** `describe` where `why` is null; else skipped with the reason, or a failure where SELFCURE_ENGINES is `all`. */
export function describeWhere(why: string | null, name: string, tests: () => void): void {
  if (why === null) return void describe(name, tests);
  if (process.env['SELFCURE_ENGINES'] === 'all') {
    it(`${name} can be tested`, () => {
      throw new Error(`SELFCURE_ENGINES=all, and ${why}`);
    });
    return;
  }
  describe.skip(`${name} [${why.split('\n')[0]}]`, tests);
}
