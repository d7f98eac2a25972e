import { startSession } from './session-client.ts';
import type { EngineReport, Phase, RunEngine, RunFacts, Snapshot, WorkerEvent } from './protocol.ts';
import { createCurves } from './view/curves.ts';
import type { Curves } from './view/curves.ts';
import { connectDownloads, download } from './view/downloads.ts';
import { find } from './view/element.ts';
import { connectEngineView } from './view/engine.ts';
import { connectFailureView } from './view/failure.ts';
import { createHistogram } from './view/histogram.ts';
import type { Histogram } from './view/histogram.ts';
import { connectReview } from './view/review.ts';
import { describeRunEngines } from './view/run-engines.ts';
import { connectRunStatus } from './view/run-status.ts';
import { connectSetupForm } from './view/setup-form.ts';

/** The page: connects the views to the worker. */
function openPage(): void {
  const session = startSession(new URLSearchParams(location.search).get('engine'), (event) => receive(event));
  const form = connectSetupForm((setup) => {
    if (atStake && !confirm('A new run takes the place of this one, with its labels and your decisions. Go on?'))
      return;
    session.send({ type: 'start', setup });
  });
  const engineView = connectEngineView((name) => session.send({ type: 'engine', name }));
  const failure = connectFailureView((engine) => session.send({ type: 'continue', engine }));
  const status = connectRunStatus({
    pause: () => session.send({ type: 'pause' }),
    proceed: () => session.send({ type: 'continue' }),
    forget: () => session.send({ type: 'forget' }),
  });
  const review = connectReview({
    decide: (sample, label) => session.send({ type: 'decide', sample, label }),
    undo: () => session.send({ type: 'undo' }),
    wantPictures: (samples) => session.send({ type: 'pictures', samples }),
  });
  connectDownloads((file) => session.send({ type: 'file', file }));
  /** Whether a new run would destroy work: one that is not done, or decisions. */
  let atStake = false;
  let decisions = 0;
  let engine: EngineReport | null = null;
  let trainedOn: readonly RunEngine[] = [];
  let phase: Phase = 'idle';
  let charts: { readonly curves: Curves; readonly histogram: Histogram } | null = null;

  const showResults = (shown: boolean): void => {
    for (const id of ['skip', 'results', 'review', 'downloads']) find(`#${id}`, HTMLElement).hidden = !shown;
  };

  const showRunEngines = (): void => {
    const line = find('#run-engines', HTMLElement);
    const text = engine ? describeRunEngines(trainedOn, engine, phase) : '';
    // The same words again would be read out again.
    if (line.textContent !== text) line.textContent = text;
  };

  const openRun = (facts: RunFacts): void => {
    decisions = 0;
    failure.clear();
    showResults(false);
    status.setFacts(facts);
    review.setFacts(facts);
    charts?.curves.close();
    charts?.histogram.close();
    const into = find('#charts', HTMLElement);
    charts = { curves: createCurves(into, facts), histogram: createHistogram(into, facts) };
  };

  const showSnapshot = (snapshot: Snapshot): void => {
    decisions = snapshot.labels.decisions;
    const seen = snapshot.passes.some((passes) => passes > 0);
    showResults(seen);
    if (!seen) return;
    status.setSnapshot(snapshot);
    charts?.curves.update(snapshot.history);
    charts?.histogram.update(snapshot);
    review.setSnapshot(snapshot);
  };

  const receive = (event: WorkerEvent): void => {
    switch (event.type) {
      case 'engine':
        engine = event.engine;
        engineView.setReport(engine);
        return showRunEngines();
      case 'ready':
        find('#kept', HTMLElement).textContent = event.notKept
          ? `Runs are not kept for your next visit: ${event.notKept}.`
          : 'A run, its images and your decisions are kept in this browser until you delete it; after a reload training goes on where it was.';
        return;
      case 'run':
        return openRun(event.facts);
      case 'phase':
        phase = event.phase;
        form.setEnabled(phase !== 'training');
        engineView.setTraining(phase === 'training');
        if (phase === 'training') failure.clear();
        showRunEngines();
        atStake = phase === 'paused' || decisions > 0;
        status.setPhase(phase, event.epoch, event.step);
        if (phase === 'idle') {
          decisions = 0;
          showResults(false);
        }
        return;
      case 'trained-on':
        trainedOn = event.engines;
        return showRunEngines();
      case 'compiling':
        return status.setCompiling(event.progress);
      case 'step':
        return status.setStep(event);
      case 'snapshot':
        return showSnapshot(event.snapshot);
      case 'labels':
        decisions = event.labels.decisions;
        atStake ||= decisions > 0;
        return review.setLabels(event.labels, event.changed);
      case 'pictures':
        return review.setPictures(event.samples, event.pixels);
      case 'file':
        return download(event.file, event.bytes);
      case 'note':
        return status.note(event.message);
      case 'failed':
        engineView.reset();
        failure.show(event.message);
        if (engine === null) {
          find('#engine-title', HTMLElement).textContent = 'none';
          find('#status', HTMLElement).textContent = 'Not ready.';
        }
        return;
      case 'engine-failed':
        return failure.showEngineFailure(event.message, event.details, engine!);
    }
  };
}

openPage();
