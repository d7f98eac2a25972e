/** A benchmark that cannot run as asked; the message names culprit and remedy. */
export class BenchError extends Error {
  name = 'BenchError';
}

/** What to tell of an error: the message of a typed one, which names culprit and remedy, and everything of another. */
export function describeError(error) {
  if (!(error instanceof Error)) return String(error);
  return /^(Type|Range|Reference|Syntax)?Error$/.test(error.name) ? error.stack : error.message;
}
