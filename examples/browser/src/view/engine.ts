import type { EngineReport } from '../protocol.ts';
import { find, make } from './element.ts';

/** Shows the engine that was taken and why, and why others were not. */
export function showEngine({ title, reason, considered }: EngineReport): void {
  find('#engine-title', HTMLElement).textContent = title;
  find('#engine-reason', HTMLElement).textContent = `, since ${reason}.`;
  find('#engine-others', HTMLUListElement).replaceChildren(
    ...considered
      .filter((one) => one.title !== title)
      .map((one) => make('li', {}, make('b', {}, one.title), `: ${one.reason}`)),
  );
}
