/** Something that the command line refuses or cannot do. Printed as one line, without a stack. */
export class CliError extends Error {
  override name = 'CliError';
}

/** A command, option or value that does not exist or does not fit the others: exit code 2. */
export class UsageError extends CliError {
  override name = 'UsageError';
}

/** An engine that is not installed or does not start. */
export class EngineError extends CliError {
  override name = 'EngineError';
  /** Package that is not installed; null where the engine is there and does not start. */
  readonly missing: string | null;

  constructor(message: string, options: ErrorOptions & { readonly missing: string | null }) {
    super(message, options);
    this.missing = options.missing;
  }
}

/** A queue of runs that cannot be reached or used. */
export class QueueError extends CliError {
  override name = 'QueueError';
  /** Package that is not installed; null for any other reason. */
  readonly missing: string | null;

  constructor(message: string, options: ErrorOptions & { readonly missing?: string } = {}) {
    super(message, options);
    this.missing = options.missing ?? null;
  }
}

/** A folder that holds no run, or one that another command made. */
export class RunFolderError extends CliError {
  override name = 'RunFolderError';
}

/** A file of labels that cannot be read; names file and line. */
export class LabelsFileError extends CliError {
  override name = 'LabelsFileError';
  /** 1-based; undefined where the fault is not that of one line. */
  readonly line: number | undefined;

  constructor(file: string, line: number | undefined, message: string) {
    super(`${file}${line === undefined ? '' : `, line ${line}`}: ${message}`);
    this.line = line;
  }
}

/** A module of the user's own that does not export a relabel strategy. */
export class StrategyError extends CliError {
  override name = 'StrategyError';
}
