import { SelfCureError } from '@selfcure/core';

/** What was wrong with pretrained weights. */
export type PretrainedErrorCode =
  /** The package that ships them is not installed. */
  | 'missing-package'
  /** It is there in a version whose files are not known. */
  | 'wrong-version'
  /** A file of it cannot be read. */
  | 'unreadable'
  /** A file does not hold what its list says. */
  | 'bad-weights'
  /** A file has weights that the model has not, or the other way around. */
  | 'unmatched-names'
  /** A weight has another shape than the model's. */
  | 'wrong-shape'
  /** A cache of features is damaged or of another backbone. */
  | 'bad-cache';

/** Pretrained weights that cannot be used. The message names the culprit and the remedy. */
export class PretrainedError extends SelfCureError {
  override name = 'PretrainedError';
  readonly code: PretrainedErrorCode;
  constructor(code: PretrainedErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
