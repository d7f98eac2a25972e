import { UsageError } from '../errors.ts';
import { splitList } from './list-option.ts';
import { readValue } from './recipe-list.ts';

/**
 * A grid of settings as a command line writes it: `lr=1e-3,2e-3;margin2=0.1,0.2`.
 *
 * @throws UsageError naming what is wrong.
 */
export function readGrid(text: string): Readonly<Record<string, readonly (number | string | boolean)[]>> {
  const axes = splitList('grid', text, ';').map((part) => {
    const equals = part.indexOf('=');
    if (equals < 1) throw new UsageError(`--grid: '${part}' names no values. Write 'lr=1e-3,2e-3;margin2=0.1,0.2'`);
    return [part.slice(0, equals).trim(), splitList('grid', part.slice(equals + 1)).map(readValue)] as const;
  });
  const twice = axes.find(([name], i) => axes.findIndex(([other]) => other === name) !== i);
  if (twice) throw new UsageError(`--grid: '${twice[0]}' is given twice`);
  return Object.fromEntries(axes);
}
