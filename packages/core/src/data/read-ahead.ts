/**
 * Asks for what steps need before they need it, in order: a read that goes on elsewhere, in threads or over a network, then goes on
 * while the engine computes, also where the engine holds this thread.
 *
 * @param read asked once a step, never more than `ahead` steps before it; what it throws is thrown in the step's turn.
 * @param to the step after the last.
 * @param ahead steps that are asked for, the one at hand counted. Default 2.
 * @returns gives what the next step needs; null after the last one.
 * @example const next = readAhead(async (step) => data.read([step]), 0, data.size); await next();
 */
export function readAhead<T>(
  read: (step: number) => Promise<T>,
  from: number,
  to: number,
  ahead = 2,
): () => Promise<T> | null {
  const queue: Promise<T>[] = [];
  let step = from;
  return () => {
    while (step < to && queue.length < ahead) {
      const one = read(step++);
      one.catch(() => {});
      queue.push(one);
    }
    return queue.shift() ?? null;
  };
}
