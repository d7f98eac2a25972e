/**
 * Values by key, where slices of a run meet. Keys are names of letters, digits, `.`, `_` and `-`, with `/` between folders.
 * A key is written either by `set` or by `compareAndSet`, never by both.
 */
export interface SliceStore {
  /** For messages. */
  readonly name: string;
  /** The value in memory of its own; null where there is none. Sees every write that has been answered. */
  get(key: string): Promise<Uint8Array | null>;
  /** Writes a value whole or not at all. */
  set(key: string, value: Uint8Array): Promise<void>;
  /** Removes a value; none is fine. */
  remove(key: string): Promise<void>;
  /** Keys that begin with `folder/`, directly in it, in any order. */
  keys(folder: string): Promise<string[]>;
  /**
   * Writes a value if the present one is `expected` (null: there is none), in one step that no other process can come between.
   * One that fails may have been carried out or not.
   *
   * @returns whether it was written.
   */
  compareAndSet(key: string, expected: Uint8Array | null, next: Uint8Array): Promise<boolean>;
}
