/** Base of the errors of this package: the message names the culprit and the remedy. */
export class SelfCureError extends Error {
  override name = 'SelfCureError';
}

/** An option of a run, a part or a file is out of range or does not fit another. */
export class OptionError extends SelfCureError {
  override name = 'OptionError';
}

/** A loss, importance weight or probability is not a number. Names epoch, step and samples. */
export class NonFiniteError extends SelfCureError {
  override name = 'NonFiniteError';
  readonly epoch: number;
  readonly samples: readonly number[];
  constructor(message: string, epoch: number, samples: readonly number[]) {
    super(message);
    this.epoch = epoch;
    this.samples = samples;
  }
}

/** Bytes that are no checkpoint, or one of another run. */
export class CheckpointError extends SelfCureError {
  override name = 'CheckpointError';
}
