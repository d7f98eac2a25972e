import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** How a process ended and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a Node program; `onOutput` sees all that it has printed on stdout so far. */
export function start(
  program: string,
  argv: readonly string[],
  {
    cwd,
    env = {},
    onOutput,
  }: {
    readonly cwd: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly onOutput?: (stdout: string, child: ChildProcess) => void;
  },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...argv], { cwd, env: { ...process.env, ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString();
      onOutput?.(stdout, child);
    });
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
