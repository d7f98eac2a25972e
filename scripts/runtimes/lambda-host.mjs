/**
 * The part of AWS Lambda that a function sees: one process that loads the handler once and invokes it with one event after the other,
 * as JSON, with a context, and is killed where an invocation lasts longer than that says. Reads events as lines, writes `{ result }` or `{ error }` as lines.
 */
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [, , file, timeout] = process.argv;
const { handler } = await import(pathToFileURL(file).href);

for await (const line of createInterface({ input: process.stdin })) {
  const deadline = Date.now() + Number(timeout);
  const context = {
    awsRequestId: crypto.randomUUID(),
    functionName: 'selfcure',
    memoryLimitInMB: '512',
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  const timer = setTimeout(() => process.exit(1), Number(timeout));
  try {
    const result = await handler(JSON.parse(line), context);
    process.stdout.write(`${JSON.stringify({ result })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: error.stack })}\n`);
  } finally {
    clearTimeout(timer);
  }
}
