import type { LabelView, RunFacts, Snapshot } from '../protocol.ts';
import { find, make } from './element.ts';
import { counted, percent } from './format.ts';
import { drawGrey } from './picture.ts';
import { scoreTitles, suspicious } from './suspicious.ts';

/** What the review asks for. */
export interface ReviewActions {
  decide(sample: number, label: number): void;
  undo(): void;
  wantPictures(samples: readonly number[]): void;
}

/** The list of suspicious labels and the decisions about them. */
export interface Review {
  setFacts(facts: RunFacts): void;
  setSnapshot(snapshot: Snapshot): void;
  setLabels(
    labels: LabelView,
    changed: { readonly sample: number; readonly label: number; readonly undone: boolean },
  ): void;
  setPictures(samples: readonly number[], pixels: Uint8Array): void;
}

/** Faces that are shown at first, and added by every "Show more". */
const page = 24;

/** Connects the review. The list keeps its order while the user works in it; a button shows the latest. */
export function connectReview({ decide, undo, wantPictures }: ReviewActions): Review {
  const list = find('#faces', HTMLUListElement);
  const panel = find('#decision', HTMLElement);
  const score = find('#score', HTMLSelectElement);
  const refresh = find('#refresh', HTMLButtonElement);
  const more = find('#more', HTMLButtonElement);
  const accept = find('#accept', HTMLButtonElement);
  const reject = find('#reject', HTMLButtonElement);
  const takeBack = find('#undo', HTMLButtonElement);
  const classButtons = find('#classes', HTMLElement);
  const portrait = find('#portrait', HTMLCanvasElement);
  const factList = find('#facts', HTMLDListElement);
  const said = find('#said', HTMLElement);

  let facts: RunFacts | null = null;
  let snapshot: Snapshot | null = null;
  let order: readonly number[] = [];
  let shown = page;
  let selected = -1;
  /** Whether the user has worked on the list since it was last put in order. */
  let touched = false;
  let pictures = new Map<number, Uint8Array>();
  let options = new Map<number, HTMLLIElement>();

  const nameOf = (label: number): string => facts?.classes[label] ?? '';

  /** How a label stands, in words; nothing where it is as it was given. */
  const standing = (sample: number, { given, current, dropped, verified }: LabelView): string => {
    if (verified[sample]) return current[sample] === given[sample] ? 'kept' : `now ${nameOf(current[sample]!)}`;
    if (dropped[sample]) return 'left out';
    return current[sample] === given[sample] ? '' : 'relabelled';
  };

  const describe = (option: HTMLLIElement, sample: number): void => {
    if (!snapshot) return;
    const { labels, suggestion, pSuggestion, pGiven } = snapshot;
    const given = nameOf(labels.given[sample]!);
    const against = suggestion[sample]!;
    const state = standing(sample, labels);
    option.classList.toggle('decided', labels.verified[sample] === 1);
    option.querySelector('.given')!.textContent = given;
    option.querySelector('.against')!.textContent =
      against < 0 ? 'no other class' : `→ ${nameOf(against)} ${percent(pSuggestion[sample], 0)}`;
    option.querySelector('.state')!.textContent = state;
    option.setAttribute(
      'aria-label',
      [
        `Sample ${sample}`,
        `given ${given}, probability ${percent(pGiven[sample], 0)}`,
        against < 0 ? 'no suggestion' : `suggestion ${nameOf(against)}, ${percent(pSuggestion[sample], 0)}`,
        ...(state ? [labels.verified[sample] ? `decided: ${state}` : state] : []),
      ].join('; '),
    );
  };

  const draw = (sample: number): void => {
    const pixels = pictures.get(sample);
    if (!pixels || !facts) return;
    const canvas = options.get(sample)?.querySelector('canvas');
    if (canvas) drawGrey(canvas, pixels, facts.size);
    if (sample === selected) drawGrey(portrait, pixels, facts.size);
  };

  const showSelected = (): void => {
    const decided = snapshot?.labels.decisions ?? 0;
    takeBack.disabled = decided === 0;
    const none = !snapshot || selected < 0;
    reject.disabled = none;
    accept.disabled = none || snapshot!.suggestion[selected]! < 0;
    for (const button of classButtons.querySelectorAll('button')) button.disabled = none;
    if (none) {
      factList.replaceChildren();
      return;
    }
    const { labels, suggestion, pSuggestion, pGiven, importance } = snapshot!;
    const against = suggestion[selected]!;
    const given = labels.given[selected]!;
    accept.textContent = against < 0 ? 'Accept' : `Accept ${nameOf(against)}`;
    reject.textContent = `Keep ${nameOf(given)}`;
    const entries: (readonly [string, string])[] = [
      ['Sample', facts?.names?.[selected] ?? String(selected)],
      ['Given', `${nameOf(given)}, ${percent(pGiven[selected])}`],
      ['Suggestion', against < 0 ? 'none' : `${nameOf(against)}, ${percent(pSuggestion[selected])}`],
      ...(importance ? [['Importance', importance[selected]!.toFixed(2)] as const] : []),
      ['State', standing(selected, labels) || 'as given'],
    ];
    factList.replaceChildren(...entries.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
    portrait.setAttribute('aria-label', `Image of sample ${selected}`);
    classButtons.querySelectorAll('button').forEach((button, label) => {
      button.setAttribute(
        'aria-pressed',
        String(labels.verified[selected] === 1 && labels.current[selected] === label),
      );
    });
    draw(selected);
  };

  const select = (sample: number, focus: boolean): void => {
    for (const [other, option] of options) {
      option.setAttribute('aria-selected', String(other === sample));
      option.tabIndex = other === sample ? 0 : -1;
    }
    selected = sample;
    const option = options.get(sample);
    if (focus) option?.focus();
    else if (touched) option?.scrollIntoView({ block: 'nearest' });
    showSelected();
  };

  const optionOf = (sample: number): HTMLLIElement => {
    const option = make(
      'li',
      { role: 'option', 'aria-selected': 'false', tabindex: '-1' },
      make('canvas', { width: '1', height: '1', 'aria-hidden': 'true' }),
      make('b', { class: 'given' }),
      make('span', { class: 'against' }),
      make('span', { class: 'state' }),
    );
    option.addEventListener('click', () => {
      touched = true;
      select(sample, true);
    });
    option.querySelector('canvas')!.addEventListener('contextrestored', () => draw(sample));
    return option;
  };

  const render = (): void => {
    const samples = order.slice(0, shown);
    options = new Map(samples.map((sample) => [sample, options.get(sample) ?? optionOf(sample)]));
    list.replaceChildren(...options.values());
    for (const [sample, option] of options) {
      describe(option, sample);
      draw(sample);
    }
    more.hidden = order.length <= shown;
    const missing = samples.filter((sample) => !pictures.has(sample));
    if (missing.length > 0) wantPictures(missing);
  };

  /** The latest order, the most suspicious first; what was decided is done. */
  const reorder = (): void => {
    if (!snapshot) return;
    order = suspicious(snapshot, score.value);
    shown = page;
    touched = false;
    refresh.hidden = true;
    render();
    select(order[0] ?? -1, false);
  };

  const isWorking = (): boolean => touched || list.contains(document.activeElement);

  /** The page does not wait for the worker: the next key is meant for the next label. */
  const judge = (label: number): void => {
    if (!snapshot || selected < 0 || label < 0) return;
    const sample = selected;
    const { labels } = snapshot;
    touched = true;
    snapshot = {
      ...snapshot,
      labels: {
        given: labels.given,
        current: labels.current.with(sample, label),
        dropped: labels.dropped.with(sample, 0),
        verified: labels.verified.with(sample, 1),
        decisions: labels.decisions + 1,
      },
    };
    decide(sample, label);
    const option = options.get(sample);
    if (option) describe(option, sample);
    const listed = order.slice(0, shown);
    const at = listed.indexOf(sample);
    const { verified } = snapshot.labels;
    const next = [...listed.slice(at + 1), ...listed.slice(0, at)].find((one) => !verified[one]);
    select(next ?? sample, list.contains(document.activeElement));
  };

  const keys = (event: KeyboardEvent): void => {
    if (!snapshot || !facts) return;
    const inList = list.contains(event.target as Node);
    const at = order.indexOf(selected);
    const last = Math.min(shown, order.length) - 1;
    const go = (to: number): void => {
      touched = true;
      select(order[Math.max(0, Math.min(last, to))]!, true);
    };
    const moves: Readonly<Record<string, () => void>> = {
      ArrowRight: () => go(at + 1),
      ArrowLeft: () => go(at - 1),
      ArrowDown: () => go(at + columnsOf(list)),
      ArrowUp: () => go(at - columnsOf(list)),
      Home: () => go(0),
      End: () => go(last),
    };
    const decisions: Readonly<Record<string, () => void>> = {
      a: () => {
        if (accept.disabled) said.textContent = `No suggestion for sample ${selected}.`;
        else accept.click();
      },
      r: () => reject.click(),
      u: () => takeBack.click(),
    };
    const key = event.key.toLowerCase();
    const label = /^[1-9]$/.test(key) ? Number(key) - 1 : facts.classes.length;
    const relabel = label < facts.classes.length ? () => judge(label) : undefined;
    const withControl = (event.ctrlKey || event.metaKey) && !event.altKey;
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const act = plain
      ? ((inList ? moves[event.key] : undefined) ?? decisions[key] ?? relabel)
      : withControl && key === 'z'
        ? decisions['u']
        : undefined;
    if (!act) return;
    event.preventDefault();
    act();
  };

  // The browser drops drawings where the graphics process fails.
  portrait.addEventListener('contextrestored', () => draw(selected));
  list.addEventListener('keydown', keys);
  panel.addEventListener('keydown', keys);
  accept.addEventListener('click', () => judge(snapshot?.suggestion[selected] ?? -1));
  reject.addEventListener('click', () => judge(snapshot?.labels.given[selected] ?? -1));
  takeBack.addEventListener('click', () => {
    touched = true;
    undo();
  });
  score.addEventListener('change', reorder);
  refresh.addEventListener('click', reorder);
  more.addEventListener('click', () => {
    shown += page;
    render();
    select(selected, false);
  });

  return {
    setFacts: (now) => {
      facts = now;
      snapshot = null;
      order = [];
      selected = -1;
      touched = false;
      pictures = new Map();
      options = new Map();
      said.textContent = '';
      score.replaceChildren();
      list.replaceChildren();
      classButtons.replaceChildren(
        ...now.classes.map((name, label) => {
          const button = make('button', { type: 'button', 'aria-pressed': 'false' });
          if (label < 9) button.append(make('kbd', { 'aria-hidden': 'true' }, String(label + 1)), ' ');
          button.append(name);
          button.addEventListener('click', () => judge(label));
          return button;
        }),
      );
    },
    setSnapshot: (now) => {
      snapshot = now;
      if (score.options.length === 0)
        score.replaceChildren(
          ...Object.keys(now.scores).map((name) => make('option', { value: name }, scoreTitles[name] ?? name)),
        );
      if (!isWorking()) return reorder();
      refresh.hidden = false;
      for (const [sample, option] of options) describe(option, sample);
      showSelected();
    },
    setLabels: (labels, { sample, label, undone }) => {
      if (!snapshot) return;
      snapshot = { ...snapshot, labels };
      said.textContent = `Sample ${sample}: ${nameOf(label)}${undone ? ' again, decision taken back' : ''}. ${counted(labels.decisions, 'decision')}.`;
      if (undone && !options.has(sample)) {
        order = [sample, ...order.filter((one) => one !== sample)];
        render();
      }
      const option = options.get(sample);
      if (option) describe(option, sample);
      if (undone) select(sample, list.contains(document.activeElement));
      else showSelected();
    },
    setPictures: (samples, pixels) => {
      if (!facts) return;
      const area = facts.size ** 2;
      samples.forEach((sample, i) => pictures.set(sample, pixels.subarray(i * area, (i + 1) * area)));
      samples.forEach(draw);
    },
  };
}

/** How many options stand in the first row of a list. */
function columnsOf(list: HTMLElement): number {
  const options = [...list.children] as HTMLElement[];
  return Math.max(1, options.filter((option) => option.offsetTop === options[0]!.offsetTop).length);
}
