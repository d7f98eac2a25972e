import type { EngineReport, Phase, RunEngine } from '../protocol.ts';

/**
 * On which engines a run was trained, and what another one would mean for it, in words; empty where nothing has trained.
 *
 * @param next the engine that is open.
 */
export function describeRunEngines(engines: readonly RunEngine[], next: EngineReport, phase: Phase): string {
  const last = engines.at(-1);
  if (!last || phase === 'idle') return '';
  const [first, ...later] = engines;
  const history = [`Begun on ${first!.title}`, ...later.map(({ title, epoch }) => `from epoch ${epoch} on ${title}`)];
  const past = `${history.join(', ')}.`;
  const goesOn = phase === 'paused' && (last.name !== next.name || last.arithmetic !== next.arithmetic);
  const ahead = goesOn ? ` It will go on with ${next.title}.` : '';
  const arithmetics = new Set([...engines, ...(goesOn ? [next] : [])].map(({ arithmetic }) => arithmetic));
  const differ =
    arithmetics.size > 1
      ? ` They round differently (${[...arithmetics].join('; ')}): the last digits are not those of a run on one engine.`
      : '';
  return past + ahead + differ;
}
