/** Lets timers, signals and the page have a turn now and then: engines that answer at once would starve them. */
export function createYield(everyMilliseconds = 30): () => Promise<void> {
  const { setTimeout } = globalThis as unknown as { setTimeout?: (callback: () => void, delay: number) => unknown };
  let last = Date.now();
  return async () => {
    if (!setTimeout || Date.now() - last < everyMilliseconds) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    last = Date.now();
  };
}
