import type { ArgsDef } from 'citty';
import type { Shell } from '../shell.ts';

/** Parsed arguments by name. */
export type Arguments = Readonly<Record<string, unknown>>;

/** One command. */
export interface Command {
  readonly description: string;
  readonly args: ArgsDef;
  /** Whole command lines, shown under the help. */
  readonly examples: readonly string[];
  /** Runs the command; resolves to the exit code. */
  run(args: Arguments, shell: Shell): Promise<number>;
}

/** Commands under one name, such as `relabels list`. */
export interface CommandGroup {
  readonly description: string;
  readonly commands: Readonly<Record<string, CommandEntry>>;
}

/** A command that is loaded when it is wanted. */
export interface LazyCommand {
  readonly description: string;
  /** Not for people: help and suggestions leave it out. Default false. */
  readonly hidden?: boolean;
  load(): Promise<Command>;
}

/** What a name on the command line stands for. */
export type CommandEntry = LazyCommand | CommandGroup;
