import { encodeTrainState } from '@selfcure/core';
import type { Callback, RunWarning, TrainState } from '@selfcure/core';
import type { FileStore } from '../run-folder/file-store.ts';
import { writeLabelTables } from '../run-folder/labels-table.ts';
import type { SampleFacts } from '../run-folder/labels-table.ts';
import { writeManifest } from '../run-folder/manifest.ts';
import type { RunManifest } from '../run-folder/manifest.ts';
import { runFiles } from '../run-folder/names.ts';

/** Keeps the files of a run folder up to date. */
export interface RunRecorder extends Callback {
  /** Warnings of the run so far, those of earlier sessions included. */
  readonly warnings: readonly RunWarning[];
  /** Writes state, tables and history where they are not those of the disk, and the manifest with some changes. */
  save(state: TrainState, changes?: Partial<RunManifest>): Promise<void>;
}

/** What a {@link RunRecorder} needs. */
export interface RunRecorderOptions {
  readonly store: FileStore;
  readonly samples: SampleFacts;
  /** Asked once training begins, when the step is compiled. */
  readonly describe: () => RunManifest;
  /** Warnings of the epochs that a resumed run has behind it. */
  readonly earlier: readonly RunWarning[];
  /** Whether the state of the epoch before stays: another worker may not have come further. */
  readonly keepPrevious: boolean;
}

/**
 * A callback that leaves a run folder which the same command can go on from after every epoch. The state is written
 * first: the other files follow from it, and a resumed run writes them anew.
 */
export function runRecorder({ store, samples, describe, earlier, keepPrevious }: RunRecorderOptions): RunRecorder {
  const warnings: RunWarning[] = [...earlier];
  let saved: TrainState | null = null;
  const save: RunRecorder['save'] = async (state, changes = {}) => {
    const manifest = describe();
    if (state !== saved) {
      if (keepPrevious) await store.move(runFiles.state, runFiles.previousState);
      await store.set(runFiles.state, encodeTrainState(state));
      const history = state.history.map((log) => `${JSON.stringify(log)}\n`).join('');
      await Promise.all([writeLabelTables(store, state, samples), store.set(runFiles.history, history)]);
      saved = state;
    }
    const progress = { ...manifest.progress, epoch: state.epoch, step: state.step };
    await writeManifest(store, { ...manifest, progress, warnings, ...changes });
  };
  return {
    name: 'RunRecorder',
    warnings,
    save,
    onTrainBegin: () => writeManifest(store, { ...describe(), warnings }),
    onEpochEnd: ({ state }) => save(state),
    onWarning: (warning) => {
      warnings.push(warning);
    },
  };
}
