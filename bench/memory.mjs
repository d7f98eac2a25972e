/** Resident memory. */
import { readFileSync } from 'node:fs';

/**
 * Largest resident memory of a process so far in bytes.
 *
 * @param {number | 'self'} pid
 * @returns {number | null} null where the system does not tell it of another process: without /proc
 */
export function peakBytes(pid) {
  try {
    return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
  } catch {
    return pid === 'self' ? 1024 * process.resourceUsage().maxRSS : null;
  }
}

/** Resident memory of this process without what only waits for its collection; needs `--expose-gc`. */
export function residentBytes() {
  globalThis.gc();
  return process.memoryUsage.rss();
}
