import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../src/index.ts';
import type { Shell } from '../src/index.ts';

/** What a command printed and how it ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in this process. */
export async function run(argv: readonly string[], shell: Partial<Shell> = {}): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  const code = await main(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    ...shell,
  });
  return { code, stdout, stderr };
}

/** A new folder, and what removes it. */
export function temporaryFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'selfcure-cli-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Options of a run that takes a fraction of a second: 64 faces of 16 x 16 pixels, four steps an epoch. */
export const tiny = [
  '--backend',
  'reference',
  '--samples',
  '64',
  '--test-samples',
  '20',
  '--size',
  '16',
  '--width',
  '0.25',
  '--batch',
  '16',
  '--noise',
  '0.3',
];

/** Rows of a CSV table without quoted cells, by the names of its header. */
export function csvRows(text: string): Record<string, string>[] {
  const [header, ...lines] = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  return lines.map((cells) => Object.fromEntries(header!.map((name, i) => [name, cells[i]!])));
}
