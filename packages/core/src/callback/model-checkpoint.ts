import { encodeTrainState } from '../checkpoint/train-state.ts';
import { OptionError } from '../errors.ts';
import type { Callback } from './callback.ts';
import { monitorMode } from './history.ts';

/**
 * Where checkpoints go: any store of bytes by key whose `set` replaces a value whole or not at all. The package `selfcure` has
 * one for folders: `fileStore(folder)`.
 */
export interface CheckpointStore {
  set(key: string, bytes: Uint8Array): void | Promise<void>;
}

/** Options of {@link modelCheckpoint}. */
export interface ModelCheckpointOptions {
  readonly store: CheckpointStore;
  /** Key; `{epoch}` stands for the epoch. Default `'checkpoint.safetensors'`. */
  readonly key?: string;
  /** Saves only epochs that improve this value of the log; absent: every epoch. */
  readonly saveBestOf?: string;
  readonly mode?: 'max' | 'min';
  /** Epochs between two saves. Default 1. */
  readonly every?: number;
}

/**
 * Saves the whole state of the run after epochs, in a form that `train({ resume })` goes on from.
 *
 * @throws OptionError where `every` is no whole number from 1 or comes with `saveBestOf`; in the run, where the log has no such value.
 * @example callbacks: [modelCheckpoint({ store, key: 'epoch-{epoch}.safetensors' })]
 */
export function modelCheckpoint({
  store,
  key = 'checkpoint.safetensors',
  saveBestOf,
  mode,
  every = 1,
}: ModelCheckpointOptions): Callback {
  if (!Number.isInteger(every) || every < 1)
    throw new OptionError(`modelCheckpoint: every ${every} is not a whole number from 1`);
  if (saveBestOf !== undefined && every !== 1)
    throw new OptionError('modelCheckpoint: saveBestOf looks at every epoch. Leave `every` out');
  return {
    name: 'ModelCheckpoint',
    onEpochEnd: async ({ epoch, history, state }) => {
      if (epoch % every !== 0) return;
      if (saveBestOf !== undefined && history.best(saveBestOf, mode ?? monitorMode(saveBestOf))?.epoch !== epoch)
        return;
      await store.set(key.replaceAll('{epoch}', String(epoch)), encodeTrainState(state));
    },
  };
}
