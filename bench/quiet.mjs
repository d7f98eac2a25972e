/** How busy other processes keep the machine, from Linux's /proc. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Share of the machine's CPU time, all processors together, that other processes may take. */
export const quietLimit = 0.08;

/**
 * CPU time since the start of the machine, in clock ticks: of everybody, of this process and those below it, and what there was.
 *
 * @typedef {{ busy: number, own: number, total: number }} CpuReading
 */

/**
 * CPU time of everybody from the text of /proc/stat. Time that a hypervisor gave to others ("steal") counts as busy:
 * it disturbs a measurement as another process does.
 *
 * @param {string} stat
 */
export function parseCpuTime(stat) {
  const [user, nice, system, idle, wait, interrupt, softInterrupt, steal = 0] = /^cpu +(.*)$/m
    .exec(stat)[1]
    .split(' ')
    .map(Number);
  const busy = user + nice + system + interrupt + softInterrupt + steal;
  return { busy, total: busy + idle + wait };
}

/**
 * CPU time of one process and its ended children from the text of /proc/PID/stat.
 *
 * @param {string} stat
 */
export function parseProcessTime(stat) {
  // utime, stime, cutime and cstime are fields 14 to 17.
  return fieldsFromThird(stat)
    .slice(11, 15)
    .reduce((sum, field) => sum + Number(field), 0);
}

/**
 * The process that started one, from the text of /proc/PID/stat.
 *
 * @param {string} stat
 */
export const parseParent = (stat) => Number(fieldsFromThird(stat)[1]);

/** The name of the program, field 2, stands in parentheses and may hold spaces. */
const fieldsFromThird = (stat) => stat.slice(stat.lastIndexOf(')') + 2).split(' ');

/**
 * A process and everything that it started, directly or not.
 *
 * @param {number} root
 * @param {readonly { pid: number, parent: number }[]} processes
 * @returns {number[]}
 */
export function processTree(root, processes) {
  const children = processes.filter(({ parent }) => parent === root);
  return [root, ...children.flatMap(({ pid }) => processTree(pid, processes))];
}

/**
 * Share of the machine's CPU time that others than the own processes took between two readings, in [0, 1].
 *
 * @param {CpuReading} before
 * @param {CpuReading} after
 */
export function foreignShare(before, after) {
  const total = after.total - before.total;
  const foreign = after.busy - before.busy - (after.own - before.own);
  return total > 0 ? Math.min(Math.max(foreign / total, 0), 1) : 0;
}

/** @returns {CpuReading | null} null where there is no /proc */
function readCpu() {
  try {
    const stats = new Map();
    for (const name of readdirSync('/proc')) if (/^\d+$/.test(name)) stats.set(Number(name), statOf(name));
    const processes = [...stats].flatMap(([pid, stat]) => (stat ? [{ pid, parent: parseParent(stat) }] : []));
    const own = processTree(process.pid, processes).map((pid) => parseProcessTime(stats.get(pid)));
    return { ...parseCpuTime(readFileSync('/proc/stat', 'utf8')), own: own.reduce((a, b) => a + b, 0) };
  } catch {
    return null;
  }
}

/** Null where the process has ended since its name was read. */
function statOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
}

/**
 * Watches over a series of measurements: waits for a quiet machine and repeats what was disturbed, for a limited time in
 * all; after that it takes things as they are and says so. Own processes are this one and those that it started.
 *
 * @param {{ seconds: number, log: (line: string) => void }} options
 */
export function quietWatch({ seconds, log }) {
  const shares = [];
  let left = seconds * 1000;
  let gaveUp = false;
  const known = readCpu() !== null;
  if (!known) log('This system has no /proc: how busy other processes are is unknown.');

  const giveUp = (share) => {
    if (!gaveUp) {
      log(
        `The machine is not quiet: other processes took ${percent(share)} of its CPU time (limit ${percent(quietLimit)}) ` +
          `for ${seconds} s in all. Measuring all the same.`,
      );
    }
    gaveUp = true;
  };

  const timed = async (task) => {
    const before = readCpu();
    const start = performance.now();
    const result = await task();
    const after = readCpu();
    return { result, took: performance.now() - start, share: before && after ? foreignShare(before, after) : 0 };
  };

  /** Waits until others have been quiet for a second. */
  const wait = async () => {
    if (!known || gaveUp) return;
    for (let told = false; ; told = true) {
      const { took, share } = await timed(() => sleep(1000));
      if (share < quietLimit) return;
      left -= took;
      if (left <= 0) return giveUp(share);
      if (!told) log(`Waiting for other processes, which take ${percent(share)} of the machine's CPU time.`);
    }
  };

  /**
   * Runs a measurement, again when it was disturbed and time is left.
   *
   * @template T
   * @param {() => Promise<T>} task
   * @returns {Promise<T>}
   */
  const measure = async (task) => {
    for (;;) {
      const { result, took, share } = await timed(task);
      if (share < quietLimit || !known || gaveUp) {
        shares.push(share);
        return result;
      }
      left -= took;
      if (left <= 0) {
        giveUp(share);
        shares.push(share);
        return result;
      }
      log(`Repeating a round in which other processes took ${percent(share)} of the machine's CPU time.`);
      await wait();
    }
  };

  /**
   * Runs a measurement that is too long to be repeated.
   *
   * @template T
   * @param {() => Promise<T>} task
   * @returns {Promise<T>}
   */
  const observe = async (task) => {
    const { result, share } = await timed(task);
    shares.push(share);
    if (known && share >= quietLimit)
      log(`Other processes took ${percent(share)} of the machine's CPU time (limit ${percent(quietLimit)}).`);
    return result;
  };

  return {
    wait,
    measure,
    observe,
    /** Whether every measurement kept was undisturbed, and the largest share of others in one (null where unknown). */
    report: () => ({
      quiet: known && shares.every((share) => share < quietLimit),
      foreignCpu: known ? Math.max(0, ...shares) : null,
    }),
  };
}

const percent = (share) => `${(100 * share).toFixed(0)} %`;
