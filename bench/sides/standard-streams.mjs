/** Requests by the standard streams: a line of JSON in, a line of JSON out (see ../side-process.mjs). */
import { createInterface } from 'node:readline';
import { answer } from './serve.mjs';

/**
 * Answers every request by the function of its name, until the harness closes the input.
 *
 * @param {Record<string, (request: object) => Promise<object>>} answers
 */
export async function answerRequests(answers) {
  console.log = console.error; // Libraries greet on the standard output, which is ours alone.
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(answers, JSON.parse(line)))}\n`);
  }
  process.exit(0);
}
