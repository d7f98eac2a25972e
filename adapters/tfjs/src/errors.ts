/** A tfjs backend is missing, did not start, or lacks a kernel; the message names it and the remedy. */
export class TfjsError extends Error {
  override name = 'TfjsError';
}
