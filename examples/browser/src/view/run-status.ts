import type { CompileProgress, Phase, RunFacts, Snapshot } from '../protocol.ts';
import { find, make } from './element.ts';
import { decimal, percent } from './format.ts';

/** Buttons of a run. */
export interface RunActions {
  pause(): void;
  proceed(): void;
  forget(): void;
}

/** Progress, status and messages of a run. */
export interface RunStatus {
  setFacts(facts: RunFacts): void;
  setPhase(phase: Phase, epoch: number, step: number): void;
  setStep(step: {
    readonly epoch: number;
    readonly step: number;
    readonly stepsPerEpoch: number;
    readonly loss: number;
  }): void;
  setSnapshot(snapshot: Snapshot): void;
  setCompiling(progress: CompileProgress): void;
  note(message: string): void;
}

/** Epochs between two announcements: a screen reader should not speak all the time. */
const announceEvery = 5;

/** Connects progress, status line, tiles, table of epochs and the buttons of a run. */
export function connectRunStatus({ pause, proceed, forget }: RunActions): RunStatus {
  const buttons = {
    pause: find('#pause', HTMLButtonElement),
    proceed: find('#continue', HTMLButtonElement),
    forget: find('#forget', HTMLButtonElement),
  };
  const title = find('#run-title', HTMLElement);
  const progress = find('#progress', HTMLProgressElement);
  const status = find('#status', HTMLElement);
  const stepLine = find('#step', HTMLElement);
  const notes = find('#notes', HTMLElement);
  let facts: RunFacts | null = null;
  let told: readonly string[] = [];
  let warned: readonly string[] = [];
  /** What the status line goes back to when kernels are compiled; null where that was not announced yet. */
  let beforeKernels: string | null = null;

  /** Only what is new: a screen reader reads additions. */
  const showNotes = (): void => {
    const texts = [...told, ...warned];
    while (notes.childElementCount > texts.length) notes.lastElementChild!.remove();
    texts.forEach((text, i) => {
      const line = notes.children[i] ?? notes.appendChild(make('p'));
      if (line.textContent !== text) line.textContent = text;
    });
  };

  buttons.pause.addEventListener('click', () => {
    buttons.pause.disabled = true;
    pause();
  });
  buttons.proceed.addEventListener('click', proceed);
  buttons.forget.addEventListener('click', () => {
    if (confirm('Delete this run, its labels and your decisions from this device?')) forget();
  });

  return {
    setFacts: (now) => {
      facts = now;
      title.textContent = `${now.title}; ${now.recipe === 'scn' ? 'Self-Cure Network as published' : 'cure'}, ${now.epochs} epochs.`;
      told = [];
      warned = [];
      showNotes();
      stepLine.textContent = '';
      progress.value = 0;
    },
    setPhase: (phase, epoch, step) => {
      buttons.pause.disabled = phase !== 'training';
      buttons.proceed.disabled = phase !== 'paused';
      buttons.forget.disabled = phase === 'idle' || phase === 'training';
      document.body.dataset['phase'] = phase;
      const epochs = facts?.epochs ?? 0;
      const where =
        step > 0 ? `in epoch ${epoch} of ${epochs}, after step ${step}` : `before epoch ${epoch} of ${epochs}`;
      const texts: Record<Phase, string> = {
        idle: 'Ready.',
        training: epoch > 1 || step > 0 ? `Training goes on ${where}.` : 'Training.',
        paused: `Paused ${where}.`,
        finished: `Finished: ${epochs} epochs.`,
      };
      status.textContent = texts[phase];
      beforeKernels = null;
      if (phase === 'finished') progress.value = 1;
      // What was done of an epoch that is begun anew is gone.
      if (phase === 'paused' && step === 0) {
        progress.value = (epoch - 1) / epochs;
        stepLine.textContent = '';
      }
      if (phase === 'idle') {
        title.textContent = '';
        progress.value = 0;
        stepLine.textContent = '';
      }
    },
    setStep: ({ epoch, step, stepsPerEpoch, loss }) => {
      if (!facts) return;
      progress.value = (epoch - 1 + step / stepsPerEpoch) / facts.epochs;
      stepLine.textContent = `Epoch ${epoch} of ${facts.epochs}, step ${step} of ${stepsPerEpoch}, loss ${decimal(loss)}`;
    },
    setCompiling: ({ compiled, total }) => {
      stepLine.textContent = `${compiled} of ${total} kernels compiled`;
      if (beforeKernels === null) {
        beforeKernels = status.textContent ?? '';
        status.textContent = `Compiling ${total} kernels, once a visit.`;
      } else if (compiled === total) status.textContent = beforeKernels;
    },
    setSnapshot: ({ history, warnings, quality }) => {
      const last = history.at(-1);
      if (!last || !facts) return;
      progress.value = Math.max(progress.value, last.epoch / facts.epochs);
      if (last.epoch === 1 || last.epoch % announceEvery === 0)
        status.textContent = `Epoch ${last.epoch} of ${facts.epochs} done: loss ${decimal(last.loss)}, ${last['edited'] ?? 0} relabelled, ${last['out'] ?? 0} left out.`;
      showTiles([
        ['Epoch', `${last.epoch} / ${facts.epochs}`],
        ['Loss', decimal(last.loss)],
        ['Agreement with the labels', percent(last.accuracy)],
        ...(last['validation/accuracy'] === undefined
          ? []
          : [['Accuracy on clean faces', percent(last['validation/accuracy'])] as const]),
        ['Relabelled', String(last['edited'] ?? 0)],
        ['Left out', String(last['out'] ?? 0)],
        ...(quality
          ? ([
              ['Wrong labels mended', percent(quality.recall)],
              ['Right labels broken', percent(quality.harm)],
            ] as const)
          : []),
      ]);
      showEpochs(history);
      warned = warnings.map(({ epoch, message }) => `Epoch ${epoch}: ${message}.`);
      showNotes();
    },
    note: (message) => {
      told = [...told, message];
      showNotes();
    },
  };
}

function showTiles(tiles: readonly (readonly [name: string, value: string])[]): void {
  find('#tiles', HTMLDListElement).replaceChildren(
    ...tiles.map(([name, value]) => make('div', { class: 'tile' }, make('dt', {}, name), make('dd', {}, value))),
  );
}

/** Columns of the table of epochs: values of the log, and how they are written. */
const columns: readonly (readonly [key: string, title: string, write: (value: number) => string])[] = [
  ['epoch', 'Epoch', String],
  ['loss', 'Loss', decimal],
  ['accuracy', 'Agreement', (value) => percent(value)],
  ['validation/accuracy', 'Clean faces', (value) => percent(value)],
  ['noise', 'Wrong in training', (value) => percent(value)],
  ['edited', 'Relabelled', String],
  ['out', 'Left out', String],
  ['importance', 'Importance', decimal],
  ['seconds', 'Seconds', (value) => decimal(value, 2)],
];

function showEpochs(history: Snapshot['history']): void {
  const shown = columns.filter(([key]) => history.some((log) => log[key] !== undefined));
  find('#epochs', HTMLTableElement).replaceChildren(
    make('thead', {}, make('tr', {}, ...shown.map(([, title]) => make('th', { scope: 'col' }, title)))),
    make(
      'tbody',
      {},
      ...history.map((log) =>
        make(
          'tr',
          {},
          ...shown.map(([key, , write]) => make('td', {}, log[key] === undefined ? '–' : write(log[key]))),
        ),
      ),
    ),
  );
}
