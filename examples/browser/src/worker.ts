import { chooseEngine } from './engine.ts';
import type { Command, WorkerEvent } from './protocol.ts';
import { createSession } from './session.ts';
import type { Session } from './session.ts';
import { openStore } from './storage.ts';

/**
 * The worker of the page: opens an engine and the store, then does what it is told. Its name is the engine that the address of
 * the page asks for, empty where it asks for none.
 */

/** What this file uses of a worker's scope, which TypeScript's library for pages does not describe. */
const scope = globalThis as unknown as {
  readonly name: string;
  postMessage(event: WorkerEvent): void;
  onmessage: ((message: { readonly data: Command }) => void) | null;
};
const post = (event: WorkerEvent): void => scope.postMessage(event);

function obey(session: Session, command: Command): void | Promise<void> {
  switch (command.type) {
    case 'start':
      return session.start(command.setup);
    case 'pause':
      return session.pause();
    case 'continue':
      return session.proceed();
    case 'forget':
      return session.forget();
    case 'decide':
      return session.decide({ kind: 'verify', sample: command.sample, label: command.label });
    case 'undo':
      return session.decide({ kind: 'undo' });
    case 'pictures':
      return session.sendPictures(command.samples);
    case 'file':
      return session.sendFile(command.file);
  }
}

async function told(work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    post({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
}

await told(async () => {
  const [{ backend, report }, store] = await Promise.all([chooseEngine(scope.name || null), openStore()]);
  const session = createSession({ backend, arithmetic: report.arithmetic, store, post });
  scope.onmessage = ({ data }) => void told(() => obey(session, data));
  post({ type: 'ready', engine: report, notKept: store.notKept });
  await told(() => session.restore());
});
