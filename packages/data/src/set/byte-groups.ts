/**
 * Groups items of equal length by their bytes.
 *
 * @param count number of items.
 * @param bytes the bytes of one item.
 * @returns for every item the first item with the same bytes, itself where there is none before it.
 */
export function groupByBytes(count: number, bytes: (item: number) => Uint8Array): Int32Array {
  const first = new Int32Array(count);
  // Items with one 32-bit hash, as a chain: newest of each hash, and the one before it.
  const newest = new Map<number, number>();
  const before = new Int32Array(count).fill(-1);
  for (let item = 0; item < count; item++) {
    const own = bytes(item);
    const hash = hashBytes(own);
    const head = newest.get(hash) ?? -1;
    let twin = head;
    while (twin >= 0 && !sameBytes(own, bytes(twin))) twin = before[twin]!;
    first[item] = twin < 0 ? item : twin;
    if (twin >= 0) continue;
    before[item] = head;
    newest.set(hash, item);
  }
  return first;
}

/** FNV-1a; equal hashes are compared byte by byte. */
function hashBytes(bytes: Uint8Array): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) value = Math.imul(value ^ bytes[i]!, 0x01000193);
  return value >>> 0;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
