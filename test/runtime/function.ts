/** AWS Lambda: one function, invoked with an event and a context. Between invocations it keeps what its module holds, as there. */
import { cure, decodeTrainState, encodeTrainState, train } from '@selfcure/core';
import type { TrainOptions, TrainState } from '@selfcure/core';
import { facesDataset, symmetricNoise } from '@selfcure/data';
import { faceCnn } from '@selfcure/models';
import { loadRun, trainSlice } from '@selfcure/slices';
import type { SliceCursor } from '@selfcure/slices';
import { fileSystemStore } from '@selfcure/slices/node';
import { wasm } from '@selfcure/wasm';
import { golden, readmeProgram, runChecks } from './checks.ts';
import type { Outcome } from './checks.ts';

/** A delivery: checks in one invocation, one slice of a run, or what the slices came to. */
export type FunctionEvent =
  | { readonly kind: 'checks' }
  | { readonly kind: 'slice'; readonly folder: string; readonly cursor?: SliceCursor }
  | { readonly kind: 'compare'; readonly folder: string };

/** What is used of the context of an invocation. */
export interface FunctionContext {
  getRemainingTimeInMillis(): number;
}

const runId = 'function';

async function options(): Promise<TrainOptions> {
  const data = symmetricNoise(facesDataset({ samples: 320, size: 32, seed: 1 }), { rate: 0.3, seed: 2 });
  return { backend: await wasm(), model: faceCnn({ size: 32 }), recipe: cure({ start: 2 }), data, epochs: 16 };
}

/** The function. */
export async function handler(event: FunctionEvent, context: FunctionContext): Promise<Outcome[] | SliceCursor> {
  if (event.kind === 'checks') return runChecks({ 'golden wasm': golden(() => wasm()), readme: readmeProgram });
  const store = fileSystemStore(event.folder);
  if (event.kind === 'slice') {
    const until = Date.now() + context.getRemainingTimeInMillis() - 400;
    return trainSlice({ store, runId, cursor: event.cursor, until, train: options, lease: 3_000 });
  }
  return runChecks({
    slices: async () => {
      const { cursor, state } = await loadRun({ store, runId });
      const whole = await train(await options());
      const [got, want] = [bytesOf(state!), bytesOf(decodeTrainState(encodeTrainState(whole.state)))];
      if (got.length !== want.length || got.some((byte, at) => byte !== want[at]))
        throw new Error('the slices end with other bytes than one uninterrupted run');
      return `${cursor.generation} slices, equal to the bit`;
    },
  });
}

/** A stored state less what belongs to the machine and the hour. */
function bytesOf(state: TrainState): Uint8Array {
  return encodeTrainState({ ...state, history: state.history.map((log) => ({ ...log, seconds: 0, values: 0 })) });
}
