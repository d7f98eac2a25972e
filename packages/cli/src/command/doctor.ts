import { oneOf, readChoice } from '../argument/choice.ts';
import { examine } from '../doctor/examine.ts';
import { adapterNames, adapters } from '../engine/adapters.ts';
import { jsonLine } from '../output/progress.ts';
import { paint } from '../output/paint.ts';
import type { Command } from './command.ts';

/** `selfcure doctor`. */
export const command: Command = {
  description: 'Check this machine and the installed engines: three training steps on each, compared with the oracle',
  args: {
    backend: oneOf(adapterNames, 'engine that must work', 'wasm'),
    json: { type: 'boolean', description: 'one JSON object a line' },
  },
  examples: ['selfcure doctor', 'selfcure doctor --backend reference --json'],
  run: async (args, shell) => {
    const needed = [readChoice('backend', args['backend'], adapterNames) ?? 'wasm'];
    const findings = await examine(adapters, needed);
    const color = paint(shell.stdout);
    const width = Math.max(...findings.map(({ subject }) => subject.length));
    for (const finding of findings) {
      const { subject, state, detail } = finding;
      if (args['json'] === true) jsonLine(shell, { ...finding });
      else
        shell.stdout.write(
          `${state === 'ok' ? color.green('ok     ') : color.red(state.padEnd(7))}  ${subject.padEnd(width)}  ${detail}\n`,
        );
    }
    return findings.some(({ state, needed: must }) => state !== 'ok' && must) ? 1 : 0;
  },
};
