import { decodeSafetensors, decodeTrainState, encodeSafetensors, encodeTrainState } from '@selfcure/core';
import type { TrainState } from '@selfcure/core';
import { specKey } from '@selfcure/experiments';
import type { BackboneWeights, OutcomeStore, RunSpec } from '@selfcure/experiments';
import { join } from 'node:path';
import { fileStore } from '../run-folder/file-store.ts';
import type { FileStore } from '../run-folder/file-store.ts';

/** What an experiment keeps of its runs. */
export interface JobStore {
  /** Of finished runs. */
  readonly outcomes: OutcomeStore;
  /** Of a run under way; null where none has begun. */
  readState(spec: RunSpec): Promise<TrainState | null>;
  writeState(spec: RunSpec, state: TrainState): Promise<void>;
  /** Forgets the state of a run that is done. */
  removeState(spec: RunSpec): Promise<void>;
  /** The backbone of a pretraining that is done; null where there is none. */
  readBackbone(spec: RunSpec): Promise<BackboneWeights | null>;
  writeBackbone(spec: RunSpec, weights: BackboneWeights): Promise<void>;
  /** Removes what writers that were killed left behind. */
  sweep(): Promise<void>;
}

/** Keeps the runs of one engine in a folder: numbers of two engines differ in their last digits, so they are never mixed. */
export const jobStore = (out: string, backend: string): JobStore => jobStoreOn(fileStore(join(out, 'runs', backend)));

/** Keeps the runs of one engine in files. */
export function jobStoreOn(files: Pick<FileStore, 'get' | 'set' | 'remove' | 'sweep'>): JobStore {
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const stateOf = (spec: RunSpec): string => `state-${specKey(spec)}.safetensors`;
  const backboneOf = (spec: RunSpec): string => `backbone-${specKey(spec)}.safetensors`;
  return {
    outcomes: {
      get: async (key) => {
        const bytes = await files.get(key);
        return bytes && text(bytes);
      },
      set: (key, content) => files.set(key, content),
    },
    readState: async (spec) => {
      const bytes = await files.get(stateOf(spec));
      return bytes && decodeTrainState(bytes);
    },
    writeState: (spec, state) => files.set(stateOf(spec), encodeTrainState(state)),
    removeState: (spec) => files.remove(stateOf(spec)),
    readBackbone: async (spec) => {
      const bytes = await files.get(backboneOf(spec));
      if (!bytes) return null;
      const { arrays } = decodeSafetensors(bytes);
      return Object.fromEntries(Object.entries(arrays).map(([name, { data }]) => [name, data as Float32Array]));
    },
    writeBackbone: (spec, weights) =>
      files.set(
        backboneOf(spec),
        encodeSafetensors(
          Object.fromEntries(Object.entries(weights).map(([name, data]) => [name, { data, shape: [data.length] }])),
          { format: 'selfcure-backbone-1' },
        ),
      ),
    sweep: () => files.sweep(),
  };
}
