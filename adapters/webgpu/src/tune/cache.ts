/**
 * Where measured choices are kept: a `Map`, or anything like it over `localStorage` or a file. Keys name device and kernel, values the
 * choice; both are text.
 */
export interface TuningCache {
  get(key: string): string | null | undefined;
  set(key: string, value: string): unknown;
}
