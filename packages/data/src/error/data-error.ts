/** Which rule an input broke; stable, for programs. */
export type DataErrorCode =
  | 'bad-option'
  | 'bad-length'
  | 'bad-label'
  | 'bad-sample'
  | 'bad-matrix'
  | 'bad-header'
  | 'bad-field-count'
  | 'bad-emotion'
  | 'bad-pixels'
  | 'bad-usage'
  | 'bad-votes'
  | 'row-mismatch'
  | 'missing-votes'
  | 'missing-file'
  | 'malformed-csv'
  | 'no-samples'
  | 'wrong-layout'
  | 'bad-list'
  | 'bad-path'
  | 'outside-folder'
  | 'unreadable-file'
  | 'too-large'
  | 'bad-image'
  | 'unsupported-image'
  | 'malformed-npy'
  | 'malformed-npz'
  | 'malformed-parquet'
  | 'malformed-xml'
  | 'missing-decoder'
  | 'bad-cache'
  | 'lost-thread'
  | 'closed';

/** What a {@link DataError} says: where the fault is and what to do about it. */
export interface DataFault {
  readonly code: DataErrorCode;
  /** What is wrong, in one clause that names the offending value. */
  readonly problem: string;
  /** What the caller can do. */
  readonly remedy: string;
  /** File or option that holds the fault. */
  readonly source?: string;
  /** Line of the file or row of its records, 1-based, the header being row 1. */
  readonly row?: number;
  readonly cause?: unknown;
}

/**
 * Thrown for every input that this package refuses. The message names the culprit (file and row, or option) and the
 * remedy; the same parts stand on the error for programs.
 *
 * @example
 * try {
 *   await ferDataset({ folder: './fer2013', split: 'train', labels: 'majority' });
 * } catch (error) {
 *   if (error instanceof DataError && error.code === 'missing-votes') console.error(error.remedy);
 * }
 */
export class DataError extends Error {
  override readonly name = 'DataError';
  readonly code: DataErrorCode;
  readonly problem: string;
  readonly remedy: string;
  readonly source: string | undefined;
  readonly row: number | undefined;

  constructor({ code, problem, remedy, source, row, cause }: DataFault) {
    const place = [source, row === undefined ? undefined : `row ${row}`]
      .filter((part) => part !== undefined)
      .join(', ');
    super(`${place === '' ? '' : `${place}: `}${problem}. ${remedy}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.problem = problem;
    this.remedy = remedy;
    this.source = source;
    this.row = row;
  }
}
