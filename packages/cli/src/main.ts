import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { OptionError, SelfCureError } from '@selfcure/core';
import { DataError } from '@selfcure/data';
import { parseArgs } from 'citty';
import { checkArguments } from './argument/check-arguments.ts';
import { nearest } from './argument/nearest.ts';
import { commands } from './command/commands.ts';
import type { Arguments, Command, CommandGroup } from './command/command.ts';
import { helpText, shownCommands } from './command/help.ts';
import { CliError, UsageError } from './errors.ts';
import { paint } from './output/paint.ts';
import type { Shell } from './shell.ts';
import { packageVersion } from './version.ts';

/**
 * Runs one command.
 *
 * @param argv what follows `selfcure` on the command line.
 * @param shell where output goes and relative paths start; default: this process's.
 * @returns the exit code: 0 done, 1 failed, 2 the command line is wrong, 130 interrupted. It never throws and never ends
 * the process.
 * @example
 * const code = await main(['train', 'faces', '--noise', '0.3', '--out', 'runs/a'], { signal: AbortSignal.timeout(60_000) });
 */
export async function main(argv: readonly string[], shell: Partial<Shell> = {}): Promise<number> {
  const around: Shell = {
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: process.cwd(),
    program: fileURLToPath(new URL('./cli.js', import.meta.url)),
    ...shell,
  };
  const end = argv.indexOf('--');
  const own = end < 0 ? argv : argv.slice(0, end);
  const debug = own.includes('--debug');
  const args = argv.filter((arg, i) => !(arg === '--debug' && i < own.length));
  try {
    return await dispatch(args, around);
  } catch (error) {
    return report(error, debug, around);
  }
}

async function dispatch(argv: readonly string[], shell: Shell): Promise<number> {
  const path: string[] = [];
  let entry: CommandGroup = commands;
  for (let i = 0; ; i++) {
    const name = argv[i];
    if (name === '--help' || name === '-h') {
      shell.stdout.write(await helpText(path, entry, shell));
      return 0;
    }
    if (path.length === 0 && (name === '--version' || name === '-v')) {
      shell.stdout.write(`${packageVersion()}\n`);
      return 0;
    }
    const known = shownCommands(entry).map(([one]) => one);
    if (name === undefined) {
      shell.stderr.write(await helpText(path, entry, shell));
      throw new UsageError(`no command is given. Use one of ${known.join(', ')}`);
    }
    const found = Object.hasOwn(entry.commands, name) ? entry.commands[name]! : undefined;
    if (!found) {
      const meant = nearest(name, known);
      const kind = name.startsWith('-') ? 'option' : 'command';
      throw new UsageError(
        `unknown ${kind} '${[...path, name].join(' ')}'. ${meant === undefined ? `Known commands: ${known.join(', ')}` : `Did you mean '${[...path, meant].join(' ')}'?`}`,
      );
    }
    path.push(name);
    if ('load' in found) return runCommand(path, await found.load(), argv.slice(i + 1), shell);
    entry = found;
  }
}

async function runCommand(
  path: readonly string[],
  command: Command,
  args: readonly string[],
  shell: Shell,
): Promise<number> {
  const options = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  if (options.includes('--help') || options.includes('-h')) {
    shell.stdout.write(await helpText(path, command, shell));
    return 0;
  }
  checkArguments(path.join(' '), args, command.args);
  return command.run(parse(path, args, command), shell);
}

function parse(path: readonly string[], args: readonly string[], command: Command): Arguments {
  try {
    return parseArgs([...args], command.args);
  } catch (error) {
    const text = stripVTControlCharacters((error as Error).message);
    throw new UsageError(`${text.charAt(0).toLowerCase()}${text.slice(1)}. See 'selfcure ${path.join(' ')} --help'`, {
      cause: error,
    });
  }
}

/** Says what went wrong in one line and gives the exit code. */
function report(error: unknown, debug: boolean, { stderr }: Shell): number {
  const color = paint(stderr);
  const expected = error instanceof CliError || error instanceof SelfCureError || error instanceof DataError;
  const usage =
    error instanceof UsageError ||
    error instanceof OptionError ||
    (error instanceof DataError && error.code === 'bad-option');
  const message = error instanceof Error ? error.message : String(error);
  stderr.write(
    `${color.red(color.bold('error'))} ${expected ? message : `${message} (unexpected; --debug shows the stack)`}\n`,
  );
  if (debug && error instanceof Error)
    stderr.write(`${error.stack}\n${error.cause instanceof Error ? `caused by ${error.cause.stack}\n` : ''}`);
  return usage ? 2 : 1;
}
