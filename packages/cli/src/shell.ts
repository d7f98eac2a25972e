/** Somewhere to write text to. */
export interface Output {
  write(text: string): unknown;
  /** A person is looking: colours and a progress bar. */
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What a command has around it. */
export interface Shell {
  /** Results: tables, epoch lines, JSON lines. */
  readonly stdout: Output;
  /** The progress bar, warnings, errors and notes. */
  readonly stderr: Output;
  /** Folder that relative paths start from. */
  readonly cwd: string;
  /** The command line's program, which runs of experiments are started from. Default: that of this package. */
  readonly program: string;
  /** Pauses a run after its current step, as Ctrl-C does. */
  readonly signal?: AbortSignal;
}
