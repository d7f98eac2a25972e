/** The program of the threads of a pool. */
export async function pictureProgram(): Promise<URL> {
  // As seen from the built entries and what they share, which lie one folder above it.
  return new URL('./node/picture-worker.js', import.meta.url);
}
