import type { Backend } from '@selfcure/tensor';

/** Hands on how to open an engine, and closes it after use, if it was opened. */
export async function withBackend<T>(
  openBackend: () => Promise<Backend>,
  use: (open: () => Promise<Backend>) => Promise<T>,
): Promise<T> {
  const opened: Backend[] = [];
  try {
    return await use(async () => {
      const backend = await openBackend();
      opened.push(backend);
      return backend;
    });
  } finally {
    for (const backend of opened) await backend.close();
  }
}
