import type { ArgsDef } from 'citty';
import { designArguments } from './declare-arguments.ts';
import type { ExperimentSettings } from './settings.ts';

/** The command that gives the same runs, without paths: DATA stands for a folder. */
export function commandLine(
  { name, seeds }: Pick<ExperimentSettings, 'name' | 'seeds'>,
  args: Readonly<Record<string, unknown>>,
): string {
  const declared: ArgsDef = designArguments(name);
  const options = Object.entries(declared).flatMap(([option, { type, default: standard }]) => {
    // Seeds are always named, for they decide every number; what is as it is anyway is not.
    const value = option === 'seeds' ? seeds.join(',') : args[option];
    if (value === undefined || String(value) === standard) return [];
    if (type === 'boolean') return value === false ? [`--no-${option}`] : [];
    return [`--${option}`, quoted(String(value))];
  });
  const data = args['data'] === undefined || args['data'] === 'faces' ? [] : ['DATA'];
  return ['selfcure', 'experiment', name, ...data, ...options].join(' ');
}

const quoted = (text: string): string =>
  /^[\w.,:=+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
