import type { Shell } from '../shell.ts';

/** A counter on stderr where a person looks, at most ten times a second; nothing elsewhere. */
export function countProgress({ stderr }: Shell, what: string): (done: number, total: number) => void {
  let last = 0;
  return (done, total) => {
    if (stderr.isTTY !== true) return;
    const now = Date.now();
    if (done < total && now - last < 100) return;
    last = now;
    stderr.write(done < total ? `\r${what}: ${done} of ${total}` : '\r\u001b[K');
  };
}
