import type { RunEngine, Setup } from './protocol.ts';
import type { Decision } from './review.ts';

/** A run as it was kept. */
export interface StoredRun {
  readonly setup: Setup;
  /** The engines that it was trained on, oldest first. */
  readonly engines: readonly RunEngine[];
  /** As `encodeTrainState` wrote it; absent before the end of the first epoch. */
  readonly state?: Uint8Array;
  /** Decisions that the state does not hold yet. */
  readonly decisions: readonly Decision[];
}

/** Keeps one run for the next visit. Every write replaces what it names whole or not at all. */
export interface RunStore {
  /** Why nothing is kept; null where it is. */
  readonly notKept: string | null;
  load(): Promise<StoredRun | null>;
  /** Replaces whatever run was kept by a new one. */
  begin(setup: Setup): Promise<void>;
  saveEngines(engines: readonly RunEngine[]): Promise<void>;
  /** Keeps a state that holds all decisions so far. */
  saveState(state: Uint8Array): Promise<void>;
  saveDecisions(decisions: readonly Decision[]): Promise<void>;
  clear(): Promise<void>;
}

const databaseName = 'selfcure';
const lockName = 'selfcure-run';
const table = 'run';
/** Counts the shapes that a kept run has had. */
const layout = 2;

/** How long a page waits for one that is being closed or reloaded to let go. */
const patience = 2000;

/** The store of this origin, in IndexedDB; one page at a time may write, others keep nothing and say so. */
export async function openStore(): Promise<RunStore> {
  if (!isSecureContext) return noStore('the page is not secure. Open it by https or from localhost');
  if (!(await lock())) return noStore('another tab of this page is open, and keeps its own run');
  let database: IDBDatabase;
  try {
    database = await open();
  } catch (error) {
    return noStore(
      `this browser gives the page no storage (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  /** One transaction: all of it happens, or nothing. */
  const write = (change: (store: IDBObjectStore) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction(table, 'readwrite');
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('the browser refused to write'));
      change(transaction.objectStore(table));
    });
  return {
    notKept: null,
    load: async () => {
      const read = (key: string): Promise<unknown> => settled(database.transaction(table).objectStore(table).get(key));
      const setup = (await read('setup')) as Setup | undefined;
      if (!setup) return null;
      const engines = ((await read('engines')) as readonly RunEngine[] | undefined) ?? [];
      const state = (await read('state')) as Uint8Array | undefined;
      const decisions = ((await read('decisions')) as readonly Decision[] | undefined) ?? [];
      return { setup, engines, ...(state && { state }), decisions };
    },
    begin: (setup) =>
      write((store) => {
        store.clear();
        store.put(setup, 'setup');
      }),
    saveEngines: (engines) => write((store) => store.put(engines, 'engines')),
    saveState: (state) =>
      write((store) => {
        store.put(state, 'state');
        store.delete('decisions');
      }),
    saveDecisions: (decisions) => write((store) => store.put(decisions, 'decisions')),
    clear: () => write((store) => store.clear()),
  };
}

/** A store that keeps nothing. */
function noStore(reason: string): RunStore {
  const nothing = async (): Promise<void> => {};
  return {
    notKept: reason,
    load: async () => null,
    begin: nothing,
    saveEngines: nothing,
    saveState: nothing,
    saveDecisions: nothing,
    clear: nothing,
  };
}

/** Takes the lock of this origin until the worker ends; false where another page holds it. */
function lock(): Promise<boolean> {
  return new Promise((resolve) => {
    navigator.locks
      .request(lockName, { signal: AbortSignal.timeout(patience) }, () => {
        resolve(true);
        return new Promise<never>(() => {});
      })
      .catch(() => resolve(false));
  });
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(databaseName, layout);
  request.onupgradeneeded = () => {
    const { result } = request;
    // What an older page kept is of another shape.
    if (result.objectStoreNames.contains(table)) result.deleteObjectStore(table);
    result.createObjectStore(table);
  };
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the browser refused to read'));
  });
}
