/**
 * Runs an action over items, some at a time, and gives the results in the order of the items. The first failure ends it.
 *
 * @param width most actions under way at once.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  width: number,
  action: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await action(items[index]!, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, work));
  return results;
}
