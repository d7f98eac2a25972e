/**
 * What runs in the page of an audit: selection, decisions, filters, storage, export. It reads the JSON of the page, and writes text alone,
 * never markup. Plain JavaScript in a string: it is hashed as it stands, and no build step may touch it.
 */
export const reviewScript: string = String.raw`
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('review-data').textContent);
  const { classes, items, blind, choice } = data;
  const id = (name) => document.getElementById(name);
  const cards = [...document.querySelectorAll('.card')];
  const narrow = matchMedia('(max-width: 760px)');
  const key = 'selfcure-review:' + data.fingerprint;

  // What is decided: place in the list -> { action, label }, and the order of deciding, for undo.
  const decisions = new Map();
  const past = [];
  let current = 0;
  let saved = true;

  const valid = (one) =>
    one !== null && typeof one === 'object' && ['accept', 'keep', 'label', 'drop'].includes(one.action) &&
    (one.action === 'drop' ? one.label === null : Number.isInteger(one.label) && one.label >= 0 && one.label < classes.length);
  const isPlace = (place) => Number.isInteger(place) && place >= 0 && place < items.length;

  function load() {
    try {
      const stored = JSON.parse(localStorage.getItem(key) || 'null');
      if (!stored) return;
      for (const [place, one] of stored.decisions) if (isPlace(place) && valid(one)) decisions.set(place, one);
      for (const [place, before] of stored.past) if (isPlace(place) && (before === null || valid(before))) past.push([place, before]);
      if (isPlace(stored.current)) current = stored.current;
    } catch {
      saved = false;
    }
  }
  function save() {
    try {
      localStorage.setItem(key, JSON.stringify({ decisions: [...decisions], past: past.slice(-1000), current }));
      saved = true;
    } catch {
      saved = false;
    }
  }

  const nameOf = (one) => (one.action === 'drop' ? 'left out' : classes[one.label]);
  const shown = () => cards.filter((card) => !card.parentElement.hidden);
  const placeOf = (card) => cards.indexOf(card);

  function paint(place) {
    const one = decisions.get(place);
    const card = cards[place];
    card.querySelector('.decision').textContent = one ? nameOf(one) : '';
    card.dataset.decided = one ? one.action : '';
  }

  function show(focus) {
    const [name, given, suggested, verdict, suspicion] = items[current];
    document.querySelector('.card[aria-current]')?.removeAttribute('aria-current');
    const card = cards[current];
    card.setAttribute('aria-current', 'true');
    for (const other of cards) if (other.tabIndex === 0) other.tabIndex = -1;
    card.tabIndex = 0;
    // Where the panel stands above the list, it is what one looks at.
    if (focus && !narrow.matches) {
      card.scrollIntoView({ block: 'nearest' });
      card.focus({ preventScroll: true });
    }
    const large = id('large');
    const small = card.querySelector('.thumb');
    large.className = small.className + ' large';
    large.style.setProperty('--x', small.style.getPropertyValue('--x'));
    large.style.setProperty('--y', small.style.getPropertyValue('--y'));
    large.setAttribute('aria-label', 'sample ' + name);
    id('sample').textContent = 'Sample ' + name;
    const one = decisions.get(current);
    id('facts').textContent = [
      !blind && 'given ' + classes[given],
      suggested !== null && 'suggested ' + classes[suggested],
      verdict && (verdict === 'ambiguous' ? verdict : 'probably ' + verdict),
      suspicion !== null && 'P(wrong) ' + suspicion + ' %',
    ].filter(Boolean).join(', ');
    id('decided').textContent = one ? 'Decision: ' + nameOf(one) : 'Not decided';
    for (const button of document.querySelectorAll('[data-label]'))
      button.setAttribute('aria-pressed', String(one !== undefined && one.label === Number(button.dataset.label)));
    id('drop').setAttribute('aria-pressed', String(one?.action === 'drop'));
    if (id('accept')) id('accept').disabled = suggested === null;
    count();
  }

  function count() {
    id('progress').max = items.length;
    id('progress').value = decisions.size;
    const list = shown();
    const at = list.indexOf(cards[current]);
    id('status').textContent =
      decisions.size + ' of ' + items.length + ' decided' + (list.length < items.length ? '; ' + list.length + ' shown' : '') +
      (at >= 0 ? '; at ' + (at + 1) : '') +
      (saved ? '. Saved in this browser.' : '. This browser saves nothing: export before you close the page.');
    id('undo').disabled = past.length === 0;
  }

  function select(place, focus) {
    current = place;
    save();
    show(focus);
  }

  function step(by) {
    const list = shown();
    if (list.length === 0) return;
    const at = list.indexOf(cards[current]);
    const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + by));
    select(placeOf(list[next]), true);
  }

  function decide(one) {
    const place = current;
    past.push([place, decisions.get(place) ?? null]);
    decisions.set(place, one);
    paint(place);
    say('Sample ' + items[place][0] + ': ' + nameOf(one));
    const list = shown();
    const next = list.find((card) => placeOf(card) > place && !decisions.has(placeOf(card)));
    applyFilter();
    select(next ? placeOf(next) : place, true);
  }

  function undo() {
    const last = past.pop();
    if (!last) return;
    const [place, before] = last;
    if (before) decisions.set(place, before);
    else decisions.delete(place);
    paint(place);
    applyFilter();
    say('Undone: sample ' + items[place][0]);
    select(place, true);
  }

  const accept = () => {
    const suggested = items[current][2];
    if (suggested !== null && id('accept')) decide({ action: 'accept', label: suggested });
  };
  const keep = () => {
    const given = items[current][1];
    if (given !== null && id('keep')) decide({ action: 'keep', label: given });
  };
  const drop = () => decide({ action: 'drop', label: null });
  const label = (k) => k < classes.length && decide({ action: 'label', label: k });

  // Announced by screen readers, apart from the count that is always there.
  const say = (text) => (id('said').textContent = text);

  function applyFilter() {
    const [given, suggested, verdict, state] = ['by-given', 'by-suggested', 'by-verdict', 'by-state'].map((name) => id(name)?.value ?? '');
    items.forEach((item, place) => {
      const fits =
        (given === '' || item[1] === Number(given)) &&
        (suggested === '' || item[2] === Number(suggested)) &&
        (verdict === '' || item[3] === verdict) &&
        (state === '' || decisions.has(place) === (state === 'decided'));
      const holder = cards[place].parentElement;
      if (holder.hidden === fits) holder.hidden = !fits;
    });
    id('nothing').hidden = shown().length > 0;
    count();
  }

  const cell = (text) => (/[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text);
  const rows = () =>
    [...decisions].sort(([a], [b]) => a - b).map(([place, one]) => {
      const [name, given, suggested] = items[place];
      return {
        sample: name,
        decision: one.action,
        label: one.label === null ? '' : classes[one.label],
        given: given === null ? '' : classes[given],
        suggested: suggested === null ? '' : classes[suggested],
        choice,
      };
    });
  function download(name, type, text) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    say('Exported ' + decisions.size + ' decisions');
  }
  function exportCsv() {
    const header = ['sample', 'decision', 'label', 'given', 'suggested', 'choice'];
    const lines = [header, ...rows().map((row) => header.map((name) => row[name]))];
    download('decisions.csv', 'text/csv', lines.map((line) => line.map((text) => cell(String(text))).join(',') + '\n').join(''));
  }
  const exportJson = () =>
    download('decisions.json', 'application/json', JSON.stringify({ format: 'selfcure-decisions-1', fingerprint: data.fingerprint, decisions: rows() }, null, 2) + '\n');

  const perRow = () => getComputedStyle(id('cards')).gridTemplateColumns.split(' ').length;
  const keys = {
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    ArrowUp: () => step(-perRow()),
    ArrowDown: () => step(perRow()),
    a: accept,
    k: keep,
    u: undo,
    d: drop,
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !id('keys').checked) return;
    if (event.target.closest?.('select, input, textarea, summary')) return;
    const digit = /^[0-9]$/.test(event.key) ? (Number(event.key) + 9) % 10 : -1;
    const act = digit >= 0 ? () => label(digit) : Object.hasOwn(keys, event.key) ? keys[event.key] : null;
    if (!act) return;
    event.preventDefault();
    act();
  });
  const on = (name, act) => id(name)?.addEventListener('click', act);
  on('accept', accept);
  on('keep', keep);
  on('drop', drop);
  on('undo', undo);
  on('previous', () => step(-1));
  on('next', () => step(1));
  on('export-csv', exportCsv);
  on('export-json', exportJson);
  for (const button of document.querySelectorAll('[data-label]'))
    button.addEventListener('click', () => label(Number(button.dataset.label)));
  for (const filter of document.querySelectorAll('.filters select')) filter.addEventListener('change', applyFilter);
  id('cards').addEventListener('click', (event) => {
    const card = event.target.closest('.card');
    if (!card) return;
    select(placeOf(card), false);
    if (narrow.matches) id('large').scrollIntoView({ block: 'center' });
  });

  load();
  for (const place of decisions.keys()) paint(place);
  document.body.classList.add('ready');
  applyFilter();
  show(false);
})();
`;
