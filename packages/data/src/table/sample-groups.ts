/**
 * Groups items that share any key, also through others: a and b share one key, b and c another, so a, b and c are one.
 *
 * @param keys keys of every item; items without keys stand alone.
 * @returns first item of the group of every item.
 */
export function groupByKeys(keys: readonly (readonly string[])[]): Int32Array {
  const parent = Int32Array.from(keys, (_, i) => i);
  const rootOf = (item: number): number => {
    let root = item;
    while (parent[root] !== root) root = parent[root]!;
    while (parent[item] !== root) {
      const next = parent[item]!;
      parent[item] = root;
      item = next;
    }
    return root;
  };
  const owner = new Map<string, number>();
  keys.forEach((list, item) => {
    for (const key of list) {
      const other = owner.get(key);
      if (other === undefined) owner.set(key, item);
      else {
        const [a, b] = [rootOf(item), rootOf(other)];
        // The lower index stays the root, so a root is the first item of its group.
        parent[Math.max(a, b)] = Math.min(a, b);
      }
    }
  });
  return parent.map((_, item) => rootOf(item));
}
