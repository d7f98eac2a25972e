import type { NonFiniteEvent, StepEvent } from '../callback/callback.ts';
import { readAhead } from '../data/read-ahead.ts';
import { imagesOf, readBatch, sampleWeights, targetRows } from './batch.ts';
import type { Batch } from './batch.ts';
import { addStep } from './epoch-sums.ts';
import { findNonFinite } from './non-finite.ts';
import { stageProposals } from './propose.ts';
import type { RunEnd } from './run.ts';
import { timeOf } from './session.ts';
import type { Session } from './session.ts';
import { orderOf } from './shards.ts';
import { columnsOf } from './step.ts';

/**
 * Runs the steps of the epoch under way that are still to do.
 *
 * @returns null when the epoch's steps are done, else why the run ends here: an end, or a step that gave no numbers.
 */
export async function runSteps(session: Session): Promise<RunEnd | NonFiniteEvent | null> {
  const {
    options,
    optimizer,
    batchSize,
    stepsPerEpoch,
    shards,
    seed,
    normalization,
    callbacks,
    program,
    state,
    ledger,
    memory,
    rest,
    at,
  } = session;
  const { data, model, recipe: method, augmentation, epochs } = options;
  const { epoch } = at;
  const { relabel } = method;
  const partsOf = orderOf(shards, { seed, epoch, share: batchSize / shards.count });
  const idsOf = (step: number): Int32Array => Int32Array.from(partsOf(step).flatMap((ids) => [...ids]));
  const read = readAhead((step) => readBatch(data, idsOf(step)), at.step, stepsPerEpoch);
  const prepare = async (pixels: Promise<Batch>): Promise<{ ids: Int32Array; images: Float32Array }> => {
    const batch = await pixels;
    const augment = augmentation && { augmentation, seed, epoch };
    return { ids: batch.ids, images: imagesOf(batch, data.shape, normalization, augment) };
  };
  const fed = columnsOf(method).filter((column) => column.feed);

  const first = read();
  let upcoming = first && prepare(first);
  while (upcoming) {
    const { ids, images } = await upcoming;
    if (options.signal?.aborted) return 'paused';
    const time = (epoch - 1) * stepsPerEpoch + at.step;
    const scalars = {
      ...optimizer.scalars({ step: time, epoch, stepsPerEpoch, epochs }),
      ...(options.weightAverage !== undefined && {
        averageDecay: Math.min(options.weightAverage, (1 + time) / (10 + time)),
      }),
    };
    // Reading that goes on in other threads is asked for before an engine may hold this one.
    const next = read();
    const running = program.run(state, {
      images,
      targets: targetRows(ids, ledger, at.plan),
      weight: sampleWeights(ids, ledger, at.plan),
      ...Object.fromEntries(fed.map((column) => [`remembered/${column.name}`, memory.fed(column, ids)])),
      ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, Float32Array.of(value)])),
    });
    // The next batch is prepared while this one computes; should that fail, it fails in its own turn.
    upcoming = next && prepare(next);
    upcoming?.catch(() => {});
    const outputs = await running;

    const broken = findNonFinite(outputs, ids, epoch, at.step);
    if (broken) return broken;
    addStep(
      at.sums,
      outputs,
      ids.map((id) => ledger.current[id]!),
      model.classes,
    );
    memory.record(
      ids,
      outputs,
      ids.map((id) => ledger.given[id]!),
    );
    if (relabel?.when === 'step') {
      for (const part of partsOf(at.step))
        stageProposals(relabel, ledger, memory.rows(part, ledger, timeOf(session)), at.step);
    }
    at.step++;

    const event: StepEvent = {
      epoch,
      epochs,
      step: at.step,
      stepsPerEpoch,
      loss: outputs['loss']![0]!,
      learningRate: (scalars as Record<string, number>)['learningRate'] ?? 0,
    };
    let stop = false;
    for (const callback of callbacks) if ((await callback.onStepEnd?.(event)) === 'stop') stop = true;
    if (stop) return 'stopped';
    if (options.until?.()) return 'paused';
    await rest();
  }
  return null;
}
