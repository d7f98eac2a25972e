import type { ArgDef, ArgsDef } from 'citty';
import { UsageError } from '../errors.ts';
import { nearest } from './nearest.ts';

/**
 * Refuses what citty would let pass: unknown options, options without their value, options given twice, more positional
 * arguments than the command takes.
 *
 * @throws UsageError naming the culprit, with the nearest known option.
 */
export function checkArguments(command: string, args: readonly string[], declared: ArgsDef): void {
  const options = new Map<string, ArgDef>(
    Object.entries(declared).filter(([, option]) => option.type !== 'positional'),
  );
  const places = Object.keys(declared).length - options.size;
  const positional: string[] = [];
  const seen = new Set<string>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') {
      positional.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith('-') || arg === '-') {
      positional.push(arg);
      continue;
    }
    const [flag, value] = split(arg);
    const name = optionName(command, flag, options);
    if (seen.has(name)) throw new UsageError(`--${name} is given twice. Give it once`);
    seen.add(name);
    if (options.get(name)!.type === 'boolean') {
      if (value !== undefined && value !== 'true' && value !== 'false')
        throw new UsageError(`--${name} is a switch and takes no value, got '${value}'`);
      continue;
    }
    if (value === undefined) {
      const next = args[i + 1];
      if (next === undefined || next.startsWith('--')) throw new UsageError(`--${name} needs a value: --${name}=…`);
      i++;
    } else if (value === '') {
      throw new UsageError(`--${name} needs a value: --${name}=…`);
    }
  }
  if (positional.length > places) {
    throw new UsageError(`'${positional[places]}' is one argument too many. See 'selfcure ${command} --help'`);
  }
}

function split(arg: string): [flag: string, value: string | undefined] {
  const equals = arg.indexOf('=');
  return equals < 0 ? [arg, undefined] : [arg.slice(0, equals), arg.slice(equals + 1)];
}

/** The declared option that a flag stands for. */
function optionName(command: string, flag: string, options: ReadonlyMap<string, ArgDef>): string {
  if (flag.startsWith('--')) {
    const name = flag.slice(2);
    if (options.has(name)) return name;
    const negated = name.startsWith('no-') ? name.slice(3) : undefined;
    if (negated !== undefined && options.get(negated)?.type === 'boolean') return negated;
  }
  const word = flag.replace(/^-+/, '').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const meant = nearest(word, [...options.keys()]);
  throw new UsageError(
    `unknown option '${flag}'. ${meant === undefined ? '' : `Did you mean --${meant}? `}See 'selfcure ${command} --help'`,
  );
}
