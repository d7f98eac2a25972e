import { stripVTControlCharacters } from 'node:util';
import { duration, percent } from '../output/format.ts';
import { jsonLine, writeWarning } from '../output/progress.ts';
import type { Shell } from '../shell.ts';
import { shownAddress } from './address.ts';
import type { RunQueue } from './names.ts';
import type { ServeEvents } from './serve-runs.ts';

/** A line on stdout for every run that is done, notes and warnings on stderr; with `json` one object a line on stdout. */
export function workerProgress({ address, name: queue }: RunQueue, shell: Shell, json: boolean): ServeEvents {
  const tell = (event: Readonly<Record<string, unknown>>, text: string | null): void => {
    if (json) jsonLine(shell, event);
    // Names and messages come from whoever put runs into the queue.
    else if (text !== null) shell.stderr.write(`${stripVTControlCharacters(text)}\n`);
  };
  return {
    onReady: () =>
      tell(
        { event: 'ready', queue, address: shownAddress(address) },
        `Takes runs of ${shownAddress(address)} (${queue}). Ctrl-C gives them back.`,
      ),
    onStart: (name, pid) => tell({ event: 'run-start', name, pid }, `${name}: begun`),
    onEpoch: (name, epoch) => tell({ event: 'run-epoch', name, epoch }, null),
    onEnd: (name, { figures: { accuracy = null, seconds = null } }) => {
      if (json) jsonLine(shell, { event: 'run', name, accuracy, seconds });
      else
        shell.stdout.write(
          `${stripVTControlCharacters(name)}: accuracy ${percent(accuracy)}${seconds === null ? '' : `, ${duration(seconds)}`}\n`,
        );
    },
    onFailure: (name, message, again) => {
      if (json) jsonLine(shell, { event: 'run-failure', name, message, again });
      writeWarning(shell, stripVTControlCharacters(`${name} failed${again ? ' and is tried again' : ''}: ${message}`));
    },
    onBack: (name) => tell({ event: 'run-back', name }, `${name}: given back with its state`),
    onTrouble: (message) => writeWarning(shell, message),
  };
}
