import type { SliceCursor, SliceStore } from '@selfcure/slices';
import type { Backend } from '@selfcure/tensor';

/** The next slice of a run: plain data that a queue delivers, at least once. */
export interface Message {
  readonly runId: string;
  readonly cursor?: Pick<SliceCursor, 'generation'>;
}

/** What a platform brings along. */
export interface Platform {
  readonly store: SliceStore;
  /** Delivers a message after some milliseconds. */
  readonly send: (message: Message, delay: number) => Promise<void>;
  readonly openBackend: () => Promise<Backend>;
  /** Told of errors that clients only hear the name of. */
  readonly report: (error: unknown) => void;
}
