import { stripVTControlCharacters } from 'node:util';
import { renderUsage } from 'citty';
import type { CommandDef } from 'citty';
import type { Shell } from '../shell.ts';
import { packageVersion } from '../version.ts';
import type { Command, CommandEntry, CommandGroup } from './command.ts';

/** Options that every command has. */
const everywhere = '  --help, -h  this text\n  --debug     the stack of an error';

/** Commands that people are told of. */
export const shownCommands = ({ commands }: CommandGroup): readonly (readonly [string, CommandEntry])[] =>
  Object.entries(commands).filter(([, entry]) => !('hidden' in entry && entry.hidden));

/** The help of a command or a group of commands. */
export async function helpText(
  path: readonly string[],
  entry: Command | CommandGroup,
  { stdout }: Shell,
): Promise<string> {
  const meta = { name: ['selfcure', ...path].join(' '), description: entry.description, version: packageVersion() };
  const definition: CommandDef =
    'run' in entry
      ? { meta, args: entry.args }
      : {
          meta,
          subCommands: Object.fromEntries(
            shownCommands(entry).map(([name, { description }]) => [name, { meta: { name, description } }]),
          ),
        };
  const usage = await renderUsage(definition);
  const examples = 'run' in entry ? `\n\nEXAMPLES\n\n${entry.examples.map((line) => `  ${line}`).join('\n')}` : '';
  const text = `${usage.trimEnd()}\n\nEVERYWHERE\n\n${everywhere}${examples}\n`;
  return (stdout.isTTY ? text : stripVTControlCharacters(text)).replaceAll(/ +$/gm, '');
}
