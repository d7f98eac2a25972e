// oxlint-disable-next-line import/default -- vite makes the default export
import workerAddress from './worker.ts?worker&url';
import type { Command, WorkerEvent } from './protocol.ts';

/** The page's end of the training session. */
export interface SessionClient {
  send(command: Command): void;
}

/**
 * Starts the worker.
 *
 * It starts from a blob that imports the script: such a worker has the Content-Security-Policy of the page that made it. One
 * that starts from the script itself would have whatever policy the server sends with that file, usually none.
 *
 * @param engine name of the engine to take; null takes the best.
 */
export function startSession(engine: string | null, receive: (event: WorkerEvent) => void): SessionClient {
  const script = `import ${JSON.stringify(new URL(workerAddress, document.baseURI).href)};`;
  const address = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  const worker = new Worker(address, { type: 'module', name: engine ?? '' });
  worker.onmessage = ({ data }: MessageEvent<WorkerEvent>) => {
    if (data.type === 'ready') URL.revokeObjectURL(address);
    receive(data);
  };
  worker.onerror = (event) =>
    receive({ type: 'failed', message: `The training worker failed: ${event.message || 'it did not start'}` });
  return { send: (command) => worker.postMessage(command) };
}
