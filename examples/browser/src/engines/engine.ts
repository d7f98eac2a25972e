import type { Backend } from '@selfcure/tensor';
import type { CompileProgress } from '../protocol.ts';

/**
 * What an engine is worth on this device.
 *
 * - `good`: it may be taken without being asked for.
 * - `poor`: it runs, but others are faster; taken where it is asked for or nothing better runs.
 * - `none`: it does not run.
 */
export type Finding =
  | {
      readonly fit: 'good' | 'poor';
      /** Why, as the end of a sentence. */
      readonly reason: string;
      /** Runs that share this text give the same bits. */
      readonly arithmetic: string;
    }
  | { readonly fit: 'none'; readonly reason: string };

/** An engine that the page may train on. */
export interface Engine {
  /** Chooses it in the address of the page: `?engine=NAME`. */
  readonly name: string;
  readonly title: string;
  /** What it is worth here. Opens nothing. */
  look(): Promise<Finding>;
  /** Fetches what {@link Engine.open} needs, so that it makes no request later. Not called where the engine was opened before. */
  load(): Promise<void>;
  /** @param onProgress is told while kernels are compiled, where that takes its time. */
  open(onProgress: (progress: CompileProgress) => void): Promise<Backend>;
  /**
   * What happened, as the end of a sentence for users, where an error of a run is the engine's; null where it is not. The
   * engine is opened anew before it is used again.
   */
  explain(error: Error): string | null;
}
