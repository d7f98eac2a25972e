import { openEngines } from './engines/open-engines.ts';
import type { Engines } from './engines/open-engines.ts';
import { engines as table } from './engines/table.ts';
import type { Command, WorkerEvent } from './protocol.ts';
import { createSession } from './session.ts';
import type { Session } from './session.ts';
import { openStore } from './storage.ts';

/**
 * The worker of the page: opens the store and an engine, then does what it is told. Its name is the engine that the address of
 * the page asks for, empty where it asks for none.
 */

/** What this file uses of a worker's scope, which TypeScript's library for pages does not describe. */
const scope = globalThis as unknown as {
  readonly name: string;
  postMessage(event: WorkerEvent): void;
  onmessage: ((message: { readonly data: Command }) => void) | null;
};
const post = (event: WorkerEvent): void => scope.postMessage(event);

async function obey(session: Session, engines: Engines, command: Command): Promise<void> {
  switch (command.type) {
    case 'start':
      return session.start(command.setup);
    case 'pause':
      return session.pause();
    case 'continue':
      return session.proceed(command.engine);
    case 'engine':
      return session.isTraining() ? undefined : engines.take(command.name, 'you chose it');
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

async function told(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    post({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
}

await told(async () => {
  const store = await openStore();
  const stored = await store.load();
  const engines = await openEngines(
    table,
    { address: scope.name || null, run: stored?.engines.at(-1)?.name ?? null },
    {
      onProgress: (progress) => post({ type: 'compiling', progress }),
      onChange: (engine) => post({ type: 'engine', engine }),
    },
  );
  const session = createSession({ engines, store, post });
  scope.onmessage = ({ data }) => void told(() => obey(session, engines, data));
  post({ type: 'ready', notKept: store.notKept });
  await told(() => session.restore(stored));
});
