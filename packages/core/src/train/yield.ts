/** Calls that may find the clock where it was: a step takes longer than an eighth of a millisecond. */
const callsWithoutTime = 8;

/**
 * Lets timers, signals and the page have a turn now and then: engines that answer at once would starve them. By the clock, or by a count
 * of calls where the clock stands still, as it does in Cloudflare Workers until something was awaited that is no computation.
 */
export function createYield(everyMilliseconds = 30): () => Promise<void> {
  const { setTimeout } = globalThis as unknown as { setTimeout?: (callback: () => void, delay: number) => unknown };
  let last = Date.now();
  let seen = last;
  let still = 0;
  return async () => {
    const now = Date.now();
    still = now === seen ? still + 1 : 0;
    seen = now;
    // A clock that was set back says nothing of how long it has been.
    const due = now - last >= everyMilliseconds || now < last || still >= callsWithoutTime;
    if (!setTimeout || !due) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    last = seen = Date.now();
    still = 0;
  };
}
