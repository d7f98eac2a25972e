import type { EngineReport } from '../protocol.ts';
import { find, make } from './element.ts';

/** What went wrong, and what to do about it. */
export interface FailureView {
  show(message: string): void;
  /** An engine failed: offers to go on with it or with the next best. */
  showEngineFailure(message: string, details: string, report: EngineReport): void;
  clear(): void;
}

/** Connects the place of failures. */
export function connectFailureView(proceed: (engine: string) => void): FailureView {
  const place = find('#failure', HTMLElement);

  const offer = (name: string, title: string): HTMLButtonElement => {
    const button = make('button', { type: 'button' }, `Continue on ${title}`);
    button.addEventListener('click', () => {
      place.replaceChildren();
      proceed(name);
    });
    return button;
  };

  return {
    show: (message) => place.replaceChildren(make('p', {}, message)),
    showEngineFailure: (message, details, { name, title, options }) => {
      const others = options.filter((option) => option.name !== name && option.available);
      const other = others.find(({ advised }) => advised) ?? others[0];
      place.replaceChildren(
        make('p', {}, message),
        make('div', { class: 'actions' }, offer(name, title), ...(other ? [offer(other.name, other.title)] : [])),
        make('details', {}, make('summary', {}, 'Details'), make('p', { class: 'note' }, details)),
      );
    },
    clear: () => place.replaceChildren(),
  };
}
