import type { Backend, NamedArrays } from '@selfcure/tensor';

/** A named part of the suite that an engine does not pass, and why. */
export interface Skip {
  readonly reason: string;
  /** Names as they are printed, such as `'operations > conv2d: groups'`. */
  readonly cases: readonly string[];
}

/** What a group of tests works with. */
export interface Suite {
  /** A backend of its own: the test closes it. */
  open(): Promise<Backend>;
  /** One backend for the tests that leave nothing behind. */
  shared(): Backend;
  /** What it is compared with. */
  oracle(): Backend;
  /** Examples of an operation. */
  readonly runs: number;
  /** Registers a test, or its skip. */
  test(group: string, name: string, body: () => Promise<void> | void): void;
  /** Fails where results are further from the oracle's than the row of the tolerance table allows. */
  close(got: NamedArrays, want: NamedArrays, row: string): void;
  /** The tolerance of golden results: a bound for engines in float64 and one for float32. */
  bound(float64: number, float32: number): number;
}
