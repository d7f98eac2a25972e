/** Work of a task in nanoseconds: long beside the time that it takes to hand one out, short beside a step. */
const taskNanoseconds = 12_500;
const maxTasks = 64;

/**
 * Units of work of one task, where a step is `units` pieces of about `nanoseconds` each. It depends on nothing else,
 * so that results do not depend on the number of threads.
 *
 * @example const share = shareOf(rows, 0.4 * columns); // tasks: Math.ceil(rows / share)
 */
export function shareOf(units: number, nanoseconds: number): number {
  const tasks = Math.min(maxTasks, Math.floor((units * nanoseconds) / taskNanoseconds));
  return Math.ceil(units / Math.max(1, tasks));
}
