import { SelfCureError } from '@selfcure/core';

/** Base of the errors of this package: the message names the culprit and the remedy. */
export class SliceError extends SelfCureError {
  override name = 'SliceError';
}

/** A store cannot do what slices need of it, answered what it must not, or has lost writes. */
export class StoreError extends SliceError {
  override name = 'StoreError';
}

/** Something stored of a run is missing or has other bytes than were written. */
export class DamagedStateError extends SliceError {
  override name = 'DamagedStateError';
  readonly runId: string;
  /** Generation that the part belongs to; 0 for the record of the run. */
  readonly generation: number;
  /** Such as `weights/conv1/filter`, `log/0`, `manifest` or `head`. */
  readonly part: string;
  /** What is wrong with it. */
  readonly problem: string;
  constructor(
    {
      runId,
      generation,
      part,
      problem,
    }: { readonly runId: string; readonly generation: number; readonly part: string; readonly problem: string },
    remedy: string,
  ) {
    super(`run '${runId}', generation ${generation}: part '${part}' ${problem}. ${remedy}`);
    this.runId = runId;
    this.generation = generation;
    this.part = part;
    this.problem = problem;
  }
}
