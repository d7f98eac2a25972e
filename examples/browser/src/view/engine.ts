import type { EngineOption, EngineReport } from '../protocol.ts';
import { find, make } from './element.ts';

/** Which engine trains, why, and the choice of another. */
export interface EngineView {
  setReport(report: EngineReport): void;
  /** Another engine can be taken while nothing trains. */
  setTraining(training: boolean): void;
  /** Shows what is, after a choice that failed. */
  reset(): void;
}

/** Connects the engine line and the choice below it. */
export function connectEngineView(choose: (name: string) => void): EngineView {
  const title = find('#engine-title', HTMLElement);
  const reason = find('#engine-reason', HTMLElement);
  const others = find('#engine-others', HTMLUListElement);
  const choice = find('#engine-choice', HTMLDetailsElement);
  const fields = find('#engines', HTMLFieldSetElement);
  const note = find('#engines-note', HTMLElement);
  const rows = new Map<string, { readonly radio: HTMLInputElement; readonly reason: HTMLElement }>();
  let report: EngineReport | null = null;
  /** The last choice, until it is answered: arrow keys pass over engines that are taken for a moment. */
  let wanted: string | null = null;

  const rowOf = (option: EngineOption): HTMLElement => {
    const id = `engine-${option.name}`;
    const radio = make('input', { type: 'radio', name: 'engine', value: option.name, 'aria-describedby': id });
    const words = make('span', { id, class: 'note' });
    radio.addEventListener('change', () => {
      wanted = option.name;
      choose(option.name);
    });
    rows.set(option.name, { radio, reason: words });
    return make('div', { class: 'engine' }, make('label', {}, radio, ` ${option.title}`), words);
  };

  const show = (): void => {
    if (!report) return;
    const { name, options } = report;
    if (rows.size === 0) fields.append(...options.map(rowOf));
    for (const option of options) {
      const row = rows.get(option.name)!;
      row.radio.disabled = !option.available;
      row.reason.textContent = option.reason;
      if (wanted === null) row.radio.checked = option.name === name;
    }
    title.textContent = report.title;
    reason.textContent = `, since ${report.reason}.`;
    const taken = options.findIndex((option) => option.name === name);
    others.replaceChildren(
      ...options
        .slice(0, taken)
        .filter(({ advised }) => !advised)
        .map((option) => make('li', {}, `${option.title} ${option.reason}.`)),
    );
    choice.hidden = false;
  };

  return {
    setReport: (now) => {
      report = now;
      if (wanted === now.name) wanted = null;
      show();
    },
    setTraining: (training) => {
      fields.disabled = training;
      note.hidden = !training;
    },
    reset: () => {
      wanted = null;
      show();
    },
  };
}
