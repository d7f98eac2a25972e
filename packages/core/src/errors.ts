import type { TrainState } from './train/state.ts';

/** Base of the errors of this package: the message names the culprit and the remedy. */
export class SelfCureError extends Error {
  override name = 'SelfCureError';
}

/** An option of a run, a part or a file is out of range or does not fit another. */
export class OptionError extends SelfCureError {
  override name = 'OptionError';
}

/**
 * A run failed after it had begun: data that cannot be read, a strategy or a callback that throws. The message is that of
 * the cause; {@link TrainError.state} is the run as its last finished epoch left it.
 */
export class TrainError extends SelfCureError {
  override name = 'TrainError';
  /** Pass it as `resume` to go on. */
  readonly state: TrainState;
  constructor(message: string, state: TrainState, cause?: unknown) {
    super(message, { cause });
    this.state = state;
  }
}

/** A loss, an importance weight, a probability or a weight of the network is not a number. Names epoch, step and samples. */
export class NonFiniteError extends TrainError {
  override name = 'NonFiniteError';
  readonly epoch: number;
  readonly samples: readonly number[];
  constructor(
    { message, epoch, samples }: { message: string; epoch: number; samples: readonly number[] },
    state: TrainState,
  ) {
    super(message, state);
    this.epoch = epoch;
    this.samples = samples;
  }
}

/** Bytes that are no checkpoint, or one of another run. */
export class CheckpointError extends SelfCureError {
  override name = 'CheckpointError';
}
