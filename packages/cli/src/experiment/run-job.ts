import { CheckpointError } from '@selfcure/core';
import { runSpec } from '@selfcure/experiments';
import type { RunOutcome, RunPlace, RunSpec } from '@selfcure/experiments';
import type { ProgramReport } from '@selfcure/tensor';
import { ferCacheFile } from '../data/cache-folder.ts';
import { openBackend } from '../engine/adapters.ts';
import type { EngineChoice } from '../engine/engine-arguments.ts';
import { observed } from '../engine/observed.ts';
import { openJobStore } from './job-place.ts';
import type { JobPlace } from './job-place.ts';
import type { JobStore } from './job-store.ts';

/** One run, as plain data. */
export interface JobRequest {
  readonly spec: RunSpec;
  /** Other runs start from its backbone. */
  readonly keepBackbone: boolean;
  readonly engine: EngineChoice;
  readonly place: JobPlace;
}

/**
 * Runs a job in this process: goes on from the state that an earlier process has left, and leaves one after every epoch.
 *
 * @returns null where the signal ended it.
 */
export async function runJob(request: JobRequest, around: JobSurroundings): Promise<RunOutcome | null> {
  const { store, close } = await openJobStore(request.place, request.engine.backend);
  try {
    return await runFrom(store, request, around);
  } finally {
    close();
  }
}

/** Around a job. */
interface JobSurroundings {
  readonly signal: { readonly aborted: boolean };
  readonly onEpoch: (epoch: number) => void;
}

async function runFrom(
  store: JobStore,
  { spec, keepBackbone, engine: { backend: name, ...options } }: JobRequest,
  { signal, onEpoch }: JobSurroundings,
): Promise<RunOutcome | null> {
  const { readFerFiles } = await import('@selfcure/data/node');
  const engine = await openBackend(name, options);
  try {
    let step: ProgramReport | null = null;
    const place: RunPlace = {
      // The training step is the first program that a run compiles.
      backend: observed(engine, ({ report }) => (step ??= report)),
      readFer: (folder) => readFerFiles({ folder, cache: ferCacheFile(folder, process.env) }),
      signal,
      onEpoch,
      onState: (state) => store.writeState(spec, state),
      pretrained: (before) => store.readBackbone(before),
      ...(keepBackbone && { onBackbone: (weights) => store.writeBackbone(spec, weights) }),
    };
    const state = await store.readState(spec).catch((error: unknown) => {
      // Of a version that wrote states otherwise: the run begins anew.
      if (!(error instanceof CheckpointError)) throw error;
      return null;
    });
    const outcome = await runSpec(spec, { ...place, ...(state && { resume: state }) }).catch(async (error: unknown) => {
      // A state of another version of this package: what it says would have been computed otherwise.
      if (!state || !(error instanceof CheckpointError)) throw error;
      await store.removeState(spec);
      return runSpec(spec, place);
    });
    const { flops } = step ?? { flops: null };
    return outcome && { ...outcome, figures: { ...outcome.figures, stepFlops: flops } };
  } finally {
    await engine.close();
  }
}
