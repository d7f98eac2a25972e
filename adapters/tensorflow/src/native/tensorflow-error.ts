import type { SearchStep } from './location.ts';

/** Why TensorFlow cannot be used or installed. */
export type TensorFlowErrorCode =
  /** No step of the search found a binding. */
  | 'NOT_FOUND'
  /** An explicit path or environment variable names something that cannot be used. */
  | 'BAD_PATH'
  /** This system has no TensorFlow library, or not one that our build can use. */
  | 'UNSUPPORTED_PLATFORM'
  /** The binding is there and does not load. */
  | 'LOAD_FAILED'
  /** `device: 'cuda'` and TensorFlow lists no GPU. */
  | 'NO_GPU'
  /** An option that this binding cannot honour. */
  | 'UNSUPPORTED_OPTION'
  /** The other workers of a cluster did not come, or this one cannot listen on its address. */
  | 'NO_CLUSTER'
  /** TensorFlow is open in this thread with other options. */
  | 'ALREADY_OPEN'
  /** No Python with pip. */
  | 'NO_PIP'
  /** No C++ compiler. */
  | 'NO_COMPILER'
  /** pip or npm could not fetch a file. */
  | 'FETCH_FAILED'
  /** A file is not the one that this version expects. */
  | 'CHECKSUM'
  /** Not enough room on the disk. */
  | 'NO_SPACE'
  /** The compiler refused the sources. */
  | 'COMPILE_FAILED'
  /** The new binding loads or computes wrongly. */
  | 'TEST_FAILED';

/**
 * TensorFlow is not there, does not fit, or could not be installed.
 *
 * @example if (error instanceof TensorFlowError) console.error(error.code, error.remedy, error.steps);
 */
export class TensorFlowError extends Error {
  override name = 'TensorFlowError';
  readonly code: TensorFlowErrorCode;
  /** What to do about it, one sentence or a command. */
  readonly remedy: string;
  /** Steps of the search for TensorFlow, in order; empty where none was made. */
  readonly steps: readonly SearchStep[];

  /** The message is given without the remedy, which is appended to it. */
  constructor(
    code: TensorFlowErrorCode,
    message: string,
    remedy: string,
    options: ErrorOptions & { readonly steps?: readonly SearchStep[] } = {},
  ) {
    super(`${message} ${remedy}`, options);
    this.code = code;
    this.remedy = remedy;
    this.steps = options.steps ?? [];
  }
}
