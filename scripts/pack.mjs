import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './workspaces.mjs';

/** A new temporary folder; the caller removes it. */
export const temporary = (purpose) => mkdtempSync(join(tmpdir(), `selfcure-${purpose}-`));

/** `npm pack` of package folders into `destination`; gives the path of the tarball of each, in the same order. */
export function pack(folders, destination) {
  mkdirSync(destination, { recursive: true });
  const { code, stdout, stderr } = run('npm', ['pack', '--json', '--pack-destination', destination, ...folders], {
    cwd: destination,
    quiet: true,
  });
  if (code !== 0) throw new Error(`npm pack failed: ${stderr.trim()}`);
  return Object.values(JSON.parse(stdout)).map(({ filename }) => join(destination, filename));
}
